import { describe, expect, it } from 'vitest';
import type { Plan, Protection } from '../../functions/plan/config.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan } from '../support/plans.ts';
import { actionsOf, type Statement, statementsOf, synthesize } from '../support/synthesized.ts';

const planWith = (name: string, protect?: Protection): Plan =>
  aPlan({ name, ...(protect === undefined ? {} : { protect }) });
const workerOf = (...plans: readonly Plan[]): readonly Statement[] =>
  statementsOf(
    synthesize(aConfig({ plans: Object.fromEntries(plans.map((plan) => [plan.name, plan])) })),
    'BackupWorker',
  );
const allowing = (action: string, statements: readonly Statement[]): Statement[] =>
  statements.filter((each) => each.Effect === 'Allow' && actionsOf(each).includes(action));
const locked = (days: number, coolOffHours?: number): Protection => ({
  lockSnapshots: {
    ...{ days, mode: coolOffHours === undefined ? 'governance' : 'compliance' },
    ...(coolOffHours === undefined ? {} : { coolOffHours }),
  },
});
const ours = { 'aws:ResourceTag/snapkeep:managed': 'prod-eu', 'ec2:Owner': { Ref: 'AWS::AccountId' } };

describe('the protection of copies', () => {
  it('is no permission where no plan asks for it, and lifting it is denied in any case', () => {
    const statements = workerOf(planWith('fleet'));
    for (const action of [
      'ec2:LockSnapshot',
      'ec2:EnableImageDeregistrationProtection',
      'ec2:DescribeLockedSnapshots',
    ])
      expect(allowing(action, statements)).toEqual([]);
    const denied = statements.filter(({ Effect }) => Effect === 'Deny').flatMap(actionsOf);
    expect(denied).toEqual(
      expect.arrayContaining(['ec2:UnlockSnapshot', 'ec2:DisableImageDeregistrationProtection']),
    );
  });

  it('locks the snapshots of each plan for exactly the days that the plan asks for', () => {
    const statements = workerOf(
      planWith('weekly', locked(30)),
      planWith('ci', locked(14)),
      planWith('shop', locked(14)),
      planWith('final', locked(14, 24)),
      planWith('fleet'),
    );
    const found = allowing('ec2:LockSnapshot', statements);
    expect(found.map(actionsOf)).toEqual([['ec2:LockSnapshot'], ['ec2:LockSnapshot'], ['ec2:LockSnapshot']]);
    for (const { Resource } of found) expect(JSON.stringify(Resource)).toContain('::snapshot/snap-?');
    const of = (...plans: readonly string[]) => ({ ...ours, 'aws:ResourceTag/snapkeep:plan': plans });
    expect(found.map(({ Condition }) => Condition)).toEqual([
      {
        StringEquals: of('ci', 'shop'),
        NumericEquals: { 'ec2:SnapshotLockDuration': '14' },
        Null: { 'ec2:SnapshotCoolOffPeriod': 'true' },
      },
      {
        StringEquals: of('final'),
        NumericEquals: { 'ec2:SnapshotLockDuration': '14', 'ec2:SnapshotCoolOffPeriod': '24' },
      },
      {
        StringEquals: of('weekly'),
        NumericEquals: { 'ec2:SnapshotLockDuration': '30' },
        Null: { 'ec2:SnapshotCoolOffPeriod': 'true' },
      },
    ]);
    expect(allowing('ec2:DescribeLockedSnapshots', statements)).toHaveLength(1);
    expect(allowing('ec2:EnableImageDeregistrationProtection', statements)).toEqual([]);
  });

  it('protects images that are marked as ours to unprotect, and needs no look at locks for that', () => {
    const statements = workerOf(planWith('fleet', { deregistrationProtection: 'without-cooldown' }));
    const [statement, ...others] = allowing('ec2:EnableImageDeregistrationProtection', statements);
    expect(others).toEqual([]);
    expect(statement?.Condition).toEqual({
      StringEquals: ours,
      Null: { 'aws:ResourceTag/snapkeep:protected': 'false' },
    });
    expect(allowing('ec2:LockSnapshot', statements)).toEqual([]);
    expect(allowing('ec2:DescribeLockedSnapshots', statements)).toEqual([]);
  });
});
