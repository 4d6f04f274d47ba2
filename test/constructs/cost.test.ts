import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { fixedParts, memoryGb, usageOf } from '../../functions/cost/usage.ts';
import { loadConfig } from '../../functions/plan/load.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan } from '../support/plans.ts';
import { synthesize } from '../support/synthesized.ts';

/** The estimate must not load the CDK, so it knows by heart what the stack consists of. */
describe('what the cost estimate takes a stack for', () => {
  const once = aPlan({ name: 'once', schedule: { expression: 'at(2027-01-01T00:00:00)', timezone: 'UTC' } });

  it.each([
    ['two plans', aConfig()],
    ['one plan', aConfig({ plans: { fleet: aPlan() } })],
    ['a plan that runs once', aConfig({ plans: { fleet: aPlan(), once } })],
  ])('has the alarms and dashboards of %s', (_, config) => {
    const template = synthesize(config);
    const { alarms, dashboards } = usageOf(config, () => 1);
    template.resourceCountIs('AWS::CloudWatch::Alarm', alarms);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', dashboards);
    // Standard resolution and one metric each: others cost more.
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      Period: Match.anyValue(),
      Metrics: Match.absent(),
    });
  });

  it.each(['snapkeep', 'one-plan', 'fleet', 'two-regions'])(
    'has the alarms and dashboards of every Region of the example %s',
    async (name) => {
      const { regions } = await loadConfig(`docs/examples/${name}.yaml`);
      for (const config of regions) {
        const template = synthesize(config);
        const { alarms, dashboards } = usageOf(config, () => 1);
        template.resourceCountIs('AWS::CloudWatch::Alarm', alarms);
        template.resourceCountIs('AWS::CloudWatch::Dashboard', dashboards);
      }
    },
  );

  it('has the functions, their memory and their architecture', () => {
    const template = synthesize();
    const ours = Object.values(
      template.findResources('AWS::Lambda::Function', { Properties: { FunctionName: Match.anyValue() } }),
    ).map(({ Properties }) => Properties);
    const durable = ours.filter(({ DurableConfig }) => DurableConfig !== undefined);
    expect([ours.length, durable.length]).toEqual([fixedParts.functions, fixedParts.workers]);
    for (const each of ours) {
      const worker = durable.includes(each);
      expect(each.MemorySize / 1024).toBe(worker ? memoryGb.worker : memoryGb.entry);
      expect(each.Architectures).toEqual(['arm64']);
      if (worker) expect(each.DurableConfig.RetentionPeriodInDays).toBe(14);
    }
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });
});
