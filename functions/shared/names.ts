import { createHash } from 'node:crypto';
import { type SourceRef, sourceKey } from './source.ts';

/** Deployment, plan: lower-case words joined by single hyphens. */
export const namePattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const deploymentNameLimit = 20;
export const planNameLimit = 24;

/** Tags of every AMI, snapshot and database snapshot, set at creation and never afterwards. */
export const tagKeys = {
  managed: 'snapkeep:managed',
  plan: 'snapkeep:plan',
  backupId: 'snapkeep:backup-id',
  source: 'snapkeep:source',
  slot: 'snapkeep:slot',
  relaunch: 'snapkeep:relaunch',
  /** On an AMI whose deregistration protection is Snapkeep's own, and so may be lifted again. */
  protected: 'snapkeep:protected',
  /** On what a restore makes; never on a copy. */
  restore: 'snapkeep:restore',
  /** Beside it: the deployment whose restore that was. Permissions are bound to it. */
  restoredBy: 'snapkeep:restored-by',
} as const;

/** The slot that a moment belongs to: its minute in UTC, as `2026-11-20T02:00:00Z`. */
export function slotOf(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 16)}:00Z`;
}

/** `<epoch seconds of the slot>_<YYYY_MM_DD>_<plan>`; the date is UTC. */
export function backupIdOf(slot: string, plan: string): string {
  const epochSeconds = Date.parse(slot) / 1000;
  return `${epochSeconds}_${slot.slice(0, 10).replaceAll('-', '_')}_${plan}`;
}

/**
 * The name of one copy, a pure function of its arguments and therefore the idempotency key of services that
 * have none. Longest case: `snapkeep-` 9 + deployment 20 + `-` + hash 10 + `-` + `20260101t0200` 13 + `-a9` 3
 * = 57 characters, within the 63 of an Aurora cluster snapshot identifier.
 */
export function copyName(
  deployment: string,
  plan: string,
  source: SourceRef,
  slot: string,
  attempt: number,
): string {
  const hash = createHash('sha256')
    .update(`${plan}\n${sourceKey(source)}`)
    .digest('hex')
    .slice(0, 10);
  const minute = slot.slice(0, 16).replaceAll('-', '').replaceAll(':', '').toLowerCase();
  return `snapkeep-${deployment}-${hash}-${minute}-a${attempt}`;
}

/** The names of every attempt at a copy that there can be, the first one first: names have one digit for it. */
export const copyNames = (deployment: string, plan: string, source: SourceRef, slot: string): string[] =>
  Array.from({ length: 9 }, (_, index) => copyName(deployment, plan, source, slot, index + 1));
