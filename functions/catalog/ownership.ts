import { tagKeys } from '../shared/names.ts';
import type { LiveCopy, StraySnapshot } from './live.ts';

/** What the ledger knows of a copy, to be compared with the copy itself. */
export interface Expected {
  readonly account: string;
  readonly deployment: string;
  readonly plan: string;
  readonly backupId: string;
  /** `<kind>/<id>` */
  readonly sourceKey: string;
  /** RFC 3339; left out where the ledger does not know it. */
  readonly createdAt?: string;
}

/**
 * Why a copy is not the one that the ledger means, or undefined when all agrees: owner, tags, time of creation, and
 * for a copy that was sealed as available its state. Either proof alone is not enough to delete a thing: tags can be
 * copied, and an ID says nothing of what was done to it since.
 */
export function ownershipProblem(copy: LiveCopy, expected: Expected): string | undefined {
  const tagged = tagProblem(copy, expected);
  if (tagged !== undefined || expected.createdAt === undefined) return tagged;
  const { createdAt, state } = copy;
  if (createdAt === undefined || !sameSecond(createdAt, expected.createdAt))
    return `it was made at ${createdAt ?? 'an unknown time'}, the ledger says ${expected.createdAt}`;
  return state === 'available' || state === 'disabled'
    ? undefined
    : `it is ${state}, the ledger says available`;
}

/** The part of the comparison that holds for EBS snapshots as well. */
export function tagProblem(
  { owner, tags }: Pick<LiveCopy | StraySnapshot, 'owner' | 'tags'>,
  expected: Expected,
): string | undefined {
  if (owner !== expected.account) return `it belongs to account ${owner}, not to ${expected.account}`;
  const wanted = {
    [tagKeys.managed]: expected.deployment,
    [tagKeys.plan]: expected.plan,
    [tagKeys.backupId]: expected.backupId,
    [tagKeys.source]: expected.sourceKey,
  };
  for (const [key, value] of Object.entries(wanted)) {
    const found = tags[key];
    if (found === undefined) return `its tag ${key} is gone`;
    if (found !== value)
      return `its tag ${key} is ${JSON.stringify(found)}, the ledger says ${JSON.stringify(value)}`;
  }
  return undefined;
}

const sameSecond = (a: string, b: string): boolean =>
  Math.floor(Date.parse(a) / 1000) === Math.floor(Date.parse(b) / 1000);
