import * as z from 'zod';
import { usageError } from '../shared/errors.ts';
import { slotOf } from '../shared/names.ts';
import { type BackupOrder, instant, parseEvent, waiting, yesOrNo } from './events.ts';
import { startNamed, type Worker } from './executions.ts';

const digest = z.string().regex(/^[0-9a-f]{12}$/, 'must be the digest that was printed');

const scheduledSchema = z.strictObject({ scheduledTime: instant });
const requestSchema = z.strictObject({
  plan: z.string().optional(),
  dryRun: yesOrNo.default(false),
  confirm: digest.optional(),
  wait: waiting,
});
const workSchema = z.strictObject({
  plan: z.string(),
  dryRun: z.boolean().optional(),
  confirm: digest.optional(),
});

/** Why a rotation runs, and the letter that stands for it in the name of its execution. */
const occasions = { backup: 'b', day: 'd', hand: 'h', look: 'l', confirmed: 'c' } as const;
export type Occasion = keyof typeof occasions;

export interface RotationRequest {
  /** All plans without it. */
  readonly plan?: string | undefined;
  readonly dryRun: boolean;
  readonly confirm?: string | undefined;
  readonly wait: boolean;
  readonly occasion: Exclude<Occasion, 'backup'>;
  /** The moment that names of executions are made of. */
  readonly at: number;
}

/** What the worker is started with. */
export type RotationWork = {
  readonly plan: string;
  /** Only tell what a rotation would do. */
  readonly dryRun?: true;
  readonly confirm?: string;
};

/**
 * The event of `rotate`: the daily schedule's `{ scheduledTime }`, which means all plans, or what a person sends:
 * `{ plan?, dryRun?, confirm?, wait? }`.
 */
export function parseRotationRequest(event: unknown, plans: readonly string[], now: number): RotationRequest {
  if (typeof event === 'object' && event !== null && 'scheduledTime' in event) {
    const { scheduledTime } = parseEvent(scheduledSchema, event, '{ "scheduledTime" }');
    return { dryRun: false, wait: false, occasion: 'day', at: Date.parse(scheduledTime) };
  }
  const form =
    '{} for all plans, {"plan": "ci"}, {"plan": "ci", "dryRun": true} or {"plan": "ci", "confirm": "<digest>"}';
  const request = parseEvent(requestSchema, event ?? {}, form);
  if (request.confirm !== undefined && request.plan === undefined && plans.length > 1) {
    throw usageError(
      '"confirm" needs the name of a plan: a digest confirms the decisions on one',
      `the plans are ${plans.join(', ')}`,
    );
  }
  const asked = request.confirm === undefined ? 'hand' : 'confirmed';
  return { ...request, occasion: request.dryRun ? 'look' : asked, at: now };
}

export function parseRotationWork(event: unknown): RotationWork {
  const { plan, dryRun, confirm } = parseEvent(workSchema, event, '{ "plan" }');
  return {
    plan,
    ...(dryRun === true ? { dryRun } : {}),
    ...(confirm === undefined ? {} : { confirm }),
  };
}

/**
 * `<deployment>-<plan>-<20260101t0200>-rb` after the backup of a slot, `-rd` by the daily schedule; by hand
 * `<20260101t020059>-rh`, `-rl` for a dry run and `-rc` with a digest, with seconds, since two within a minute may be
 * meant. The longest has 64 characters, which is what the service takes; no name of a backup's run ends so.
 */
export function rotationName(deployment: string, plan: string, occasion: Occasion, at: number): string {
  const scheduled = occasion === 'backup' || occasion === 'day';
  const time = scheduled ? slotOf(at).slice(0, 16) : new Date(at).toISOString().slice(0, 19);
  return `${deployment}-${plan}-${time.replaceAll(/[-:]/g, '').toLowerCase()}-r${occasions[occasion]}`;
}

/** Starts a rotation, or finds the one of the same name and work. Answers name and ARN of its execution. */
export async function startRotation(
  worker: Worker,
  name: string,
  work: RotationWork,
): Promise<{ readonly name: string; readonly arn: string | undefined }> {
  const asked = `a rotation of plan ${work.plan}${work.confirm === undefined ? '' : ' with this digest'}`;
  return { name, arn: await startNamed(worker, name, work, [asked, 'another moment']) };
}

/** Starts the rotation that follows the backup of a slot. Safe to repeat. Answers the name of its execution. */
export async function startRotationAfter(
  worker: Worker,
  deployment: string,
  { plan, slot }: BackupOrder,
): Promise<string> {
  const name = rotationName(deployment, plan, 'backup', Date.parse(slot));
  return (await startRotation(worker, name, { plan })).name;
}
