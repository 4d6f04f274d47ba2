/** `/_sandbox/...`: shows what was asked of the sandbox and steers its clock and faults. Not part of any cloud. */
import { z } from 'zod';
import type { SandboxClock } from './clock.ts';
import { answerServerless, serverlessPlaces } from './control-serverless.ts';
import type { Faults } from './faults.ts';
import type { Latency } from './latency.ts';
import type { WireResponse } from './protocols/rest.ts';
import type { WireRequest } from './protocols/wire.ts';
import type { RequestLog } from './requests.ts';
import type { Serverless } from './serverless.ts';
import type { Throttle } from './throttle.ts';
import type { World } from './world.ts';

export interface Controls {
  readonly world: World;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly latency: Latency;
  /** Undefined: the server has no functions. */
  readonly serverless: Serverless | undefined;
}

const PREFIX = '/_sandbox/';

export function isControlRequest({ path }: WireRequest): boolean {
  return path.startsWith(PREFIX);
}

/** @param port the server's own, for the check of the Host header */
export function answerControl(
  controls: Controls,
  request: WireRequest,
  port: number,
): WireResponse | Promise<WireResponse> {
  // A page in the user's browser could reach loopback: by another name that resolves to it, or across origins.
  if (request.headers.origin !== undefined) return refuse(403, 'Requests from web pages are refused.');
  if (!isOwnHost(request.headers.host, port)) {
    return refuse(403, `The Host header must be 127.0.0.1:${port} or localhost:${port}.`);
  }
  const { method, path } = request;
  const name = path.slice(PREFIX.length);
  switch (`${method} ${name}`) {
    case 'GET requests':
      return json(200, requestsOf(controls.requests, new URLSearchParams(request.query).get('recent')));
    case 'DELETE requests':
      controls.requests.reset();
      return { status: 204, headers: {}, body: '' };
    case 'GET clock':
      return json(200, clockOf(controls.world));
    case 'POST clock':
      return advanceClock(controls.world, request.body);
    case 'GET faults':
      return json(200, settingsOf(controls));
    case 'PUT faults':
      return changeSettings(controls, request.body);
    default:
      return (
        (controls.serverless && answerServerless(controls.serverless, name, request, json)) ??
        noSuchPlace(method, name)
      );
  }
}

const places: readonly string[] = ['requests', 'clock', 'faults', ...serverlessPlaces];

function noSuchPlace(method: string, name: string): WireResponse {
  if (places.includes(name)) return refuse(405, `${method} is not possible here.`);
  const [last = '', ...others] = places.map((place) => `/_sandbox/${place}`).reverse();
  return refuse(404, `There are ${others.reverse().join(', ')} and ${last}.`);
}

function isOwnHost(host: string | undefined, port: number): boolean {
  return (
    host !== undefined &&
    ['127.0.0.1', 'localhost', '[::1]'].some((name) => host.toLowerCase() === `${name}:${port}`)
  );
}

function requestsOf(requests: RequestLog, recent: string | null): object {
  const counts = { total: requests.total, services: requests.counts() };
  if (recent === null) return counts;
  const limit = Number(recent);
  return { ...counts, recent: requests.recent(Number.isInteger(limit) && recent !== '' ? limit : undefined) };
}

interface AdvanceableClock extends SandboxClock {
  advance(milliseconds: number): void;
}

function canAdvance(clock: SandboxClock): clock is AdvanceableClock {
  return 'advance' in clock && typeof clock.advance === 'function';
}

function clockOf({ clock }: World): object {
  return {
    now: new Date(clock.now()).toISOString(),
    epochMilliseconds: clock.now(),
    canAdvance: canAdvance(clock),
  };
}

const advanceSchema = z.strictObject({ advanceSeconds: z.number().nonnegative() });

function advanceClock(world: World, body: Buffer): WireResponse {
  const parsed = parse(advanceSchema, body);
  if (!parsed.success) return parsed.refusal;
  if (!canAdvance(world.clock)) {
    return refuse(409, 'The sandbox runs on the wall clock, which cannot be advanced.');
  }
  world.clock.advance(parsed.data.advanceSeconds * 1000);
  world.settle();
  return json(200, clockOf(world));
}

const faultSchema = z.strictObject({
  service: z.string().min(1).optional(),
  action: z.string().min(1).optional(),
  code: z.string().min(1),
  message: z.string().optional(),
  status: z.number().int().min(400).max(599).optional(),
  probability: z.number().min(0).max(1).optional(),
  times: z.number().int().positive().optional(),
  match: z.string().min(1).optional(),
  when: z.enum(['before', 'after']).optional(),
  cut: z.boolean().optional(),
});

const actionName = z
  .string()
  .regex(/^[a-z0-9-]+:[A-Za-z0-9]+$/, 'written as service:Action, e.g. ec2:CreateImage');

const settingsSchema = z.strictObject({
  faults: z.array(faultSchema).optional(),
  throttling: z
    .strictObject({
      enabled: z.boolean().optional(),
      buckets: z
        .record(
          actionName,
          z.strictObject({ size: z.number().positive(), refillPerSecond: z.number().nonnegative() }),
        )
        .optional(),
    })
    .optional(),
  latency: z
    .strictObject({
      milliseconds: z.number().nonnegative().optional(),
      actions: z.record(actionName, z.number().nonnegative()).optional(),
    })
    .optional(),
});

function settingsOf({ faults, throttle, latency }: Controls): object {
  return { faults: faults.list(), throttling: throttle.settings, latency: latency.settings };
}

/** Each of the three sections that the body has is changed, what it leaves out stays. */
function changeSettings(controls: Controls, body: Buffer): WireResponse {
  const parsed = parse(settingsSchema, body);
  if (!parsed.success) return parsed.refusal;
  const { faults, throttling, latency } = parsed.data;
  if (faults) controls.faults.replace(faults);
  if (throttling) {
    const { enabled, buckets } = throttling;
    controls.throttle.configure({ ...(enabled !== undefined && { enabled }), ...(buckets && { buckets }) });
  }
  if (latency) {
    const { milliseconds, actions } = latency;
    controls.latency.configure({
      ...(milliseconds !== undefined && { milliseconds }),
      ...(actions && { actions }),
    });
  }
  return json(200, settingsOf(controls));
}

type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly refusal: WireResponse };

function parse<T>(schema: z.ZodType<T>, body: Buffer): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return { success: false, refusal: refuse(400, 'The body must be JSON.') };
  }
  const result = schema.safeParse(value);
  if (result.success) return { success: true, data: result.data };
  const message = result.error.issues
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
    .join('; ');
  return { success: false, refusal: refuse(400, message) };
}

function json(status: number, value: object): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value, null, 2)}\n`,
  };
}

function refuse(status: number, message: string): WireResponse {
  return json(status, { message });
}
