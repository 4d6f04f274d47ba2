import type { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config, Plan, SnapshotLock } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import { ec2CopyArn } from './arns.ts';

/** Reading which locks stand; EC2 authorizes it for everything or nothing. */
export const lockInventory = (plans: readonly Plan[]): readonly string[] =>
  plans.some(({ protect }) => protect?.lockSnapshots !== undefined) ? ['ec2:DescribeLockedSnapshots'] : [];

/** Protection of our own copies, exactly as their plans ask for it; lifting it is not a backup's business. */
export function protectedCopies(stack: Stack, { deployment, plans }: Config): PolicyStatement[] {
  const all = Object.values(plans);
  const ours = { [`aws:ResourceTag/${tagKeys.managed}`]: deployment, 'ec2:Owner': stack.account };
  const locks = locksOf(all).map(
    ({ lock, names }) =>
      new PolicyStatement({
        actions: ['ec2:LockSnapshot'],
        resources: [ec2CopyArn(stack, 'snapshot')],
        conditions: {
          StringEquals: { ...ours, [`aws:ResourceTag/${tagKeys.plan}`]: names },
          ...boundsOf(lock),
        },
      }),
  );
  if (all.every(({ protect }) => protect?.deregistrationProtection === undefined)) return locks;
  const protection = new PolicyStatement({
    actions: ['ec2:EnableImageDeregistrationProtection'],
    resources: [ec2CopyArn(stack, 'image')],
    conditions: {
      StringEquals: ours,
      // Without the tag no rotation would ever lift it.
      Null: { [`aws:ResourceTag/${tagKeys.protected}`]: 'false' },
    },
  });
  return [...locks, protection];
}

/** Plans by what they ask for: the mode is no condition key, so plans that differ in nothing else are one. */
function locksOf(plans: readonly Plan[]) {
  const found = new Map<string, { readonly lock: SnapshotLock; readonly names: string[] }>();
  for (const { name, protect } of plans) {
    const lock = protect?.lockSnapshots;
    if (lock === undefined) continue;
    const key = `${lock.days} ${lock.coolOffHours}`;
    const same = found.get(key) ?? { lock, names: [] };
    same.names.push(name);
    found.set(key, same);
  }
  return [...found.values()];
}

/**
 * The same action changes a lock that stands: fewer days would let it be shortened, and more would make one that
 * nobody wants to pay for. A lock that is given by its end has no duration, and so is not allowed either.
 */
function boundsOf({ days, coolOffHours }: SnapshotLock) {
  const duration = { 'ec2:SnapshotLockDuration': String(days) };
  const coolOff = 'ec2:SnapshotCoolOffPeriod';
  return coolOffHours === undefined
    ? { NumericEquals: duration, Null: { [coolOff]: 'true' } }
    : { NumericEquals: { ...duration, [coolOff]: String(coolOffHours) } };
}
