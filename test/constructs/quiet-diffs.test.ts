import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config, Plan } from '../../functions/plan/config.ts';
import { buildBundles, copyBundles } from '../../lib/bundles.ts';
import { addSnapkeepStack } from '../../lib/snapkeep-app.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan, ec2ByTags } from '../support/plans.ts';

const config = aConfig();
const { ci = aPlan(), fleet = aPlan() } = config.plans;
const snapkeepVersion = '1.2.3';
let root = '';
let deployments = 0;
let base: Deployable | undefined;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'snapkeep-quiet-'));
  await buildBundles({ config, snapkeepVersion, outputFolder: join(root, 'first') });
}, 60_000);
afterAll(() => rmSync(root, { recursive: true }));

interface Deployable {
  readonly Resources: Readonly<Record<string, { readonly Type: string }>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

/** The template with the code that belongs to it, which decides on new versions of functions. */
function deploy(changed: Config): Deployable {
  deployments += 1;
  const outputFolder = join(root, String(deployments));
  const code = copyBundles(join(root, 'first'), { config: changed, snapkeepVersion, outputFolder });
  const template = Template.fromStack(addSnapkeepStack(new App(), { config: changed, bundles: code }));
  const { Resources, Outputs } = template.toJSON();
  return { Resources, Outputs };
}

const withPlans = (plans: Record<string, Plan>): Config => ({ ...config, plans });
const withSchedule = (schedule: Partial<Plan['schedule']>): Config =>
  withPlans({ ci: { ...ci, schedule: { ...ci.schedule, ...schedule } }, fleet });

/** What a deployment of the changed configuration would do: `~` changes, `+` adds and `-` removes, by type and place. */
function diffTo(changed: Config): string[] {
  base ??= deploy(config);
  const [before, after] = [base.Resources, deploy(changed).Resources];
  const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return ids
    .flatMap((id) => {
      const [old, fresh] = [before[id], after[id]];
      const sign = old === undefined ? '+' : fresh === undefined ? '-' : '~';
      if (JSON.stringify(old) === JSON.stringify(fresh)) return [];
      return [`${sign} ${(fresh ?? old)?.Type} ${placeOf(id)}`];
    })
    .sort();
}

const placeOf = (id: string): string =>
  id.replace(/(CurrentVersion)?[0-9A-F]{8}([0-9a-f]{32})?$/, (_, version) => version ?? '');

describe('a deployment of a changed configuration', () => {
  it('changes nothing when nothing was changed', () => {
    expect(diffTo(config)).toEqual([]);
    expect(JSON.stringify(deploy(config))).toBe(JSON.stringify(deploy(config)));
  });

  it('changes nothing when plans, or keys of a mapping, stand in another order', () => {
    const reversed = Object.fromEntries(Object.entries(ci).reverse());
    // Sound: the same members, in another order.
    const other = withPlans({ fleet, ci: reversed as unknown as Plan });
    expect(JSON.stringify(deploy(other))).toBe(JSON.stringify(deploy(config)));
  });

  it.each([
    ['time', { expression: 'cron(30 4 * * ? *)' }],
    ['flexible window', { flexibleWindowMinutes: 240 }],
  ])('changes one schedule and nothing else for another %s of a plan', (_, schedule) => {
    expect(diffTo(withSchedule(schedule))).toEqual(['~ AWS::Scheduler::Schedule SchedulesPlanci']);
  });

  it('changes the schedule, and the alarm that counts by its interval, for a plan that runs more rarely', () => {
    expect(diffTo(withSchedule({ expression: 'cron(0 3 ? * SUN *)' }))).toEqual([
      '~ AWS::CloudWatch::Alarm AlarmsPlanciBackupAge',
      '~ AWS::Scheduler::Schedule SchedulesPlanci',
    ]);
  });

  it('changes no function that only starts work for another retention', () => {
    const changed = diffTo(withPlans({ ci: { ...ci, retention: { ...ci.retention, daily: 30 } }, fleet }));
    expect(changed.filter((each) => each.includes('AWS::Lambda::Function'))).toEqual([
      '~ AWS::Lambda::Function BackupWorkerFunction',
      '~ AWS::Lambda::Function RestoreWorkerFunction',
      '~ AWS::Lambda::Function RotateWorkerFunction',
    ]);
    expect(changed.filter((each) => !each.includes('AWS::Lambda::'))).toEqual([]);
  });

  it('adds an address without touching a function', () => {
    const emails = [...config.notify.emails, 'third@example.com'];
    expect(diffTo({ ...config, notify: { emails } })).toEqual([
      '+ AWS::SNS::Subscription NotificationsTopicthirdexamplecom',
    ]);
  });

  it('adds a plan beside the others: what it needs, the functions, their test events, and the role that copies', () => {
    const extra = aPlan({ name: 'extra', sources: [ec2ByTags({ Backup: 'extra' })] });
    const changed = diffTo(withPlans({ ...config.plans, extra }));
    const functions = /AWS::Lambda::(Function|Version|Alias) /;
    expect(changed.filter((each) => !functions.test(each) && !each.startsWith('+ AWS::CloudWatch'))).toEqual([
      '+ AWS::Scheduler::Schedule SchedulesPlanextra',
      '~ AWS::CloudWatch::Dashboard Dashboard',
      '~ AWS::EventSchemas::Schema ConsoleBackupEvents',
      '~ AWS::EventSchemas::Schema ConsoleRestoreEvents',
      '~ AWS::EventSchemas::Schema ConsoleRotateEvents',
      '~ AWS::IAM::Role BackupWorkerRole',
      '~ AWS::IAM::Role RestoreWorkerRole',
    ]);
    const alarms = changed.filter((each) => each.startsWith('+ AWS::CloudWatch'));
    expect(alarms.length).toBeGreaterThan(4);
    for (const alarm of alarms) expect(alarm).toMatch(/^\+ AWS::CloudWatch::Alarm AlarmsPlanextra/);
    // Old versions stay for the executions that began on them.
    expect(changed.filter((each) => each.startsWith('- ')).every((each) => each.includes('Version'))).toBe(
      true,
    );
  });

  it('removes what belonged to a plan, and touches nothing of the others', () => {
    const changed = diffTo(withPlans({ fleet }));
    expect(changed).toContain('- AWS::Scheduler::Schedule SchedulesPlanci');
    expect(changed.filter((each) => /fleet/i.test(each))).toEqual([]);
  });

  it('keeps the logical IDs of a deployment with another name', () => {
    const idsOf = (each: Config) =>
      Object.keys(deploy(each).Resources).filter((id) => !id.includes('CurrentVersion'));
    expect(idsOf({ ...config, deployment: 'other' })).toEqual(idsOf(config));
  });
});
