import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { parseRestoreRequest, type RestoreRequest, restoreIdPattern } from '../plan/restore-request.ts';
import type { Json } from '../shared/durable.ts';
import { usageError } from '../shared/errors.ts';
import { parseEvent, waiting } from './events.ts';

const restoreId = z.string().regex(restoreIdPattern, 'must be the ID of a restore');
const resumeSchema = z.strictObject({ resume: restoreId, plan: z.string().optional() });
const waitSchema = z.object({ wait: waiting });
const workSchema = z.strictObject({
  plan: z.string(),
  requestId: restoreId,
  request: z.record(z.string(), z.json()).optional(),
  outlook: z.literal(true).optional(),
});

/** A new restore, or going on with one. */
export type RestoreOrder = { readonly plan: string; readonly wait: boolean } & (
  | { readonly request: RestoreRequest }
  | { readonly resume: string }
);

/** What the worker is started with. */
export type RestoreWork = {
  readonly plan: string;
  readonly requestId: string;
  /** Absent: go on with the restore that is recorded. */
  readonly request?: { readonly [key: string]: Json | undefined };
  /** Only tell what a restore would do. */
  readonly outlook?: true;
};

/**
 * The event of `restore`: a request as `snapkeep restore --request` takes it, or `{ resume: ID, plan? }`, either with
 * `wait: true`.
 */
export function parseRestoreOrder(order: unknown, plans: readonly string[]): RestoreOrder {
  const { wait, event } = withoutWait(order);
  if (typeof event === 'object' && event !== null && 'resume' in event) {
    const { resume, plan } = parseEvent(resumeSchema, event, '{"resume": "<restore ID>", "plan": "ci"}');
    const [only, ...others] = plans;
    const named = plan ?? (others.length === 0 ? only : undefined);
    if (named !== undefined) return { plan: named, resume, wait };
    throw usageError(`it is not said of which plan ${resume} is`, `the plans are ${plans.join(', ')}`);
  }
  const request = parseRestoreRequest(event);
  if (!request.dryRun) requireBackup(event, request);
  return { plan: request.plan, request, wait };
}

/** `{ plan }` alone is what `backup` and `rotate` take: sent here by mistake, it must not launch a machine. */
function requireBackup(event: unknown, { plan }: RestoreRequest): void {
  if (typeof event === 'object' && event !== null && 'backup' in event) return;
  throw usageError(
    `it is not said which backup of ${plan} to restore, so nothing was started`,
    'add "backup": "latest", or the ID of a backup; with "dryRun": true it is told what would happen',
  );
}

/** The request is that of the command line, which waits in any case. */
function withoutWait(order: unknown): { readonly wait: boolean; readonly event: unknown } {
  if (typeof order !== 'object' || order === null || !('wait' in order)) return { wait: false, event: order };
  const { wait } = parseEvent(waitSchema, order, '"wait": true, or nothing of it');
  return { wait, event: Object.fromEntries(Object.entries(order).filter(([key]) => key !== 'wait')) };
}

export function parseRestoreWork(event: unknown): RestoreWork {
  const { plan, requestId, request, outlook } = parseEvent(workSchema, event, '{ "plan", "requestId" }');
  return {
    ...{ plan, requestId },
    ...(request === undefined ? {} : { request }),
    ...(outlook === undefined ? {} : { outlook }),
  };
}

/** Sound: a request after its schema is plain data; the round trip drops what is undefined. */
export const plainRequest = (request: RestoreRequest): NonNullable<RestoreWork['request']> =>
  JSON.parse(JSON.stringify(request)) as NonNullable<RestoreWork['request']>;

/** `20261120t080000-3f9a`: sorts by time, and two at once differ. */
export const newRestoreId = (now: number): string => `${secondOf(now)}-${randomBytes(2).toString('hex')}`;

const secondOf = (now: number): string =>
  new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();

/** The service takes 64 characters; `-r9` must still fit. */
const nameLimit = 61;

/** `<deployment>-<plan>-restore-<ID>`; what would be too long ends in eight digits of its hash. */
export function restoreName(deployment: string, plan: string, requestId: string): string {
  const name = `${deployment}-${plan}-restore-${requestId}`;
  if (name.length <= nameLimit) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, nameLimit - hash.length - 1)}-${hash}`;
}

/** Of the execution that tells what a restore would do. The longest has 64 characters. */
export const outlookName = (deployment: string, plan: string, now: number): string =>
  `${deployment}-${plan}-${secondOf(now)}-rp`;
