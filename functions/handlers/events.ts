import * as z from 'zod';
import type { EntryConfig } from '../plan/bundled-config.ts';
import { usageError } from '../shared/errors.ts';
import { slotOf } from '../shared/names.ts';
import { requestedSlot } from '../shared/slot.ts';
import type { BackupInput } from '../workflows/backup/ports.ts';

/** A time with its zone; `slotOf(Date.parse(...))` is the slot that it belongs to. */
export const instant = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-11-20T02:00:00Z' });

export const yesOrNo = z.boolean({ error: 'must be true or false' });
/** Whether the answer is to tell how it ended, as far as the invocation's time allows. */
export const waiting = yesOrNo.default(false);

const planName = z.string({ error: 'must be the name of a plan' });
const scheduledSchema = z.strictObject({ plan: planName, scheduledTime: instant });
const backupSchema = z.strictObject({ plan: planName, slot: instant.optional(), wait: waiting });
const shard = z.strictObject({ index: z.int().nonnegative(), of: z.int().positive() });
const workSchema = z.strictObject({
  plan: z.string(),
  slot: instant,
  shard: shard.optional(),
  protect: z.literal(true).optional(),
});

export interface BackupOrder {
  readonly plan: string;
  /** `2026-11-20T02:00:00Z` */
  readonly slot: string;
}

/**
 * The input that EventBridge Scheduler delivers: `{ plan, scheduledTime }`. The time is that of the schedule, not of
 * the delivery, so every delivery of one occasion means the same slot.
 */
export function parseScheduled(event: unknown): BackupOrder {
  const { plan, scheduledTime } = parseEvent(
    scheduledSchema,
    event,
    '{"plan": "ci", "scheduledTime": "2026-11-20T02:00:00Z"}',
  );
  return { plan, slot: slotOf(Date.parse(scheduledTime)) };
}

/**
 * What a person sends from the console or the command line: `{ plan }`, or `{ plan, slot }` for an earlier slot, either
 * with `wait: true`.
 */
export function parseBackupRequest(event: unknown, now: number): BackupOrder & { readonly wait: boolean } {
  const form =
    '{"plan": "ci"}, with "slot": "2026-11-20T02:00:00Z" for an earlier time, or "wait": true for the result';
  const { plan, slot, wait } = parseEvent(backupSchema, event, form);
  return { plan, slot: slot === undefined ? slotOf(now) : requestedSlot(slot, Date.parse(slot), now), wait };
}

/** Throws when the deployed configuration has no such plan. (`plan/load.ts` would bring the YAML parser along.) */
export function requirePlan({ plans }: Pick<EntryConfig, 'plans'>, name: string): void {
  if (Object.hasOwn(plans, name)) return;
  throw usageError(
    `there is no plan ${JSON.stringify(name)} in the deployed configuration`,
    `its plans are ${Object.keys(plans).join(', ')}; deploy the stack again after adding one`,
  );
}

/** What the durable worker is started with: an order, and its share of it in a large backup. */
export function parseWork(event: unknown): BackupInput {
  const { plan, slot, shard, protect } = parseEvent(workSchema, event, '{ "plan", "slot" }');
  const order = { plan, slot: slotOf(Date.parse(slot)) };
  return shard === undefined ? order : { ...order, shard, ...(protect === undefined ? {} : { protect }) };
}

/** An event that fits `schema`; throws a usage error that says what does not, and what to send instead. */
export function parseEvent<T>(schema: z.ZodType<T>, event: unknown, form: string): T {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const keys = issue.keys.map((key) => JSON.stringify([...issue.path, key].join('.')));
      return `unknown ${keys.length === 1 ? 'key' : 'keys'} ${keys.join(', ')}`;
    }
    if (issue.path.length === 0 && issue.code === 'invalid_type') return 'it must be a JSON object';
    return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
  });
  throw usageError(`the event of this function is not understood: ${problems.join('; ')}`, `send ${form}`);
}
