/** `/_sandbox/{executions,logs,schedules,queues,messages,events}`: what runs without a request, shown, and a schedule run by hand. */
import type { WireResponse } from './protocols/rest.ts';
import type { WireRequest } from './protocols/wire.ts';
import type { Serverless } from './serverless.ts';
import type { DurableExecution } from './services/lambda/state.ts';

export const serverlessPlaces = ['executions', 'logs', 'schedules', 'queues', 'messages', 'events'] as const;

type Answer = (status: number, value: object) => WireResponse;

const iso = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString();

/** Undefined for a path that is none of these. `name` is the path after `/_sandbox/`. */
export function answerServerless(
  serverless: Serverless,
  name: string,
  { method, query, body }: WireRequest,
  answer: Answer,
): WireResponse | Promise<WireResponse> | undefined {
  const wanted = new URLSearchParams(query).get('function');
  const functions = serverless.functions().filter((each) => wanted === null || each.name === wanted);
  if (wanted !== null && functions.length === 0)
    return answer(404, { message: `There is no function ${wanted}.` });
  switch (`${method} ${name}`) {
    case 'GET executions':
      return answer(200, {
        executions: functions.flatMap(({ name: functionName, executions }) =>
          [...executions.values()].map((each) => ({ function: functionName, ...executionView(each) })),
        ),
      });
    case 'GET logs':
      return answer(200, {
        logs: Object.fromEntries(
          functions.map((each) => [
            each.name,
            serverless.logs.of(each.name).map(({ at, ...line }) => ({ time: iso(at), ...line })),
          ]),
        ),
      });
    case 'GET schedules':
      return answer(200, schedulesView(serverless));
    case 'GET queues':
      return answer(200, {
        queues: Object.fromEntries(
          [...serverless.queues.arns].map((arn) => [
            arn,
            serverless.queues.messages(arn).map(({ at, ...message }) => ({ time: iso(at), ...message })),
          ]),
        ),
      });
    case 'GET messages':
      return answer(200, {
        messages: serverless.told.messages().map(({ topic, publishedAt, subject, message }) => ({
          ...{ time: iso(publishedAt), topic, subject: subject ?? null, message },
        })),
      });
    case 'GET events':
      return answer(200, {
        events: serverless.told.events().map(({ time, ...event }) => ({ time: iso(time), ...event })),
      });
    case 'GET tests':
      return answer(200, testsView(serverless));
    default:
      if (method !== 'POST') return undefined;
      return fire(serverless, name, body, answer) ?? pressTest(serverless, name, answer);
  }
}

function executionView({ name, arn, startedAt, ended, journal }: DurableExecution): object {
  return {
    ...{ name, arn, status: ended?.status ?? 'RUNNING', started: iso(startedAt), ended: iso(ended?.at) },
    error: ended?.error?.ErrorMessage ?? null,
    events: (journal?.events ?? []).map(({ EventType, Name, EventTimestamp }) => ({
      ...{ type: EventType, name: Name ?? null, time: iso(EventTimestamp?.getTime()) },
    })),
  };
}

function schedulesView({ scheduler }: Serverless): object {
  return {
    schedules: scheduler.schedules().map(({ name, group, arn, expression, timezone, nextRun }) => ({
      ...{ name, group, arn, expression, timezone, nextRun: iso(nextRun) },
    })),
    deliveries: scheduler.deliveries().map(({ scheduledAt, ...delivery }) => ({
      ...delivery,
      scheduledTime: iso(scheduledAt),
    })),
  };
}

/** `POST schedules/<name>/fire`, with `{"time": "2026-11-20T02:00:00Z"}` for another occasion than the present. */
function fire(
  { scheduler }: Serverless,
  path: string,
  body: Buffer,
  answer: Answer,
): WireResponse | undefined {
  const name = /^schedules\/(.+)\/fire$/.exec(path)?.[1];
  if (name === undefined) return undefined;
  const at = occasionOf(body.toString());
  if (at !== undefined && Number.isNaN(at))
    return answer(400, { message: 'The body is empty, or {"time": "2026-11-20T02:00:00Z"}.' });
  const delivery = scheduler.fire(decodeURIComponent(name), at);
  if (delivery)
    return answer(202, {
      schedule: delivery.schedule,
      scheduledTime: iso(delivery.scheduledAt),
      input: delivery.input,
    });
  const names = scheduler.schedules().map((each) => each.name);
  const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
  return answer(404, { message: `There is no schedule ${name}; ${known}.` });
}

/** NaN for what cannot be understood. */
function occasionOf(text: string): number | undefined {
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'time' in value
      ? Date.parse(String(value.time))
      : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

const testsView = ({ deployment }: Serverless): object => ({
  tests: (deployment?.stacks ?? []).map(({ region, testEvents }) => ({ region, functions: testEvents })),
});

/** `POST tests/<function>/<event>`: the console's Test button, with an event that was deployed. */
function pressTest(
  serverless: Serverless,
  path: string,
  answer: Answer,
): Promise<WireResponse> | WireResponse | undefined {
  const [, functionName, event] = /^tests\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (functionName === undefined || event === undefined) return undefined;
  const pressed = serverless.pressTest(functionName, decodeURIComponent(event));
  if (pressed) {
    return pressed.then(
      (outcome) => answer(200, outcome),
      (error: unknown) => answer(502, { message: error instanceof Error ? error.message : String(error) }),
    );
  }
  return answer(404, {
    message: `No test event ${event} was deployed for ${functionName}; see /_sandbox/tests.`,
  });
}
