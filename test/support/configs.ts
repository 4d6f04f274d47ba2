import type { Config } from '../../functions/plan/config.ts';
import { aPlan, auroraByIds, ec2ByIds, ec2ByTags, rdsByIds } from './plans.ts';

/** Two plans, of an application and of a fleet, with every kind of source. */
export function aConfig(overrides: Partial<Config> = {}): Config {
  const ci = aPlan({
    name: 'ci',
    application: 'circleci-server',
    schedule: { expression: 'cron(0 3 * * ? *)', timezone: 'Europe/Berlin', flexibleWindowMinutes: 15 },
    sources: [ec2ByTags({ Role: 'ci', Stage: 'prod' }), rdsByIds('circle-db')],
    timeoutSeconds: 24 * 3600,
  });
  const fleet = aPlan({ name: 'fleet', sources: [ec2ByIds('i-0aaa0aaa0aaa0aaa0'), auroraByIds('shop')] });
  return {
    deployment: 'prod-eu',
    region: 'eu-west-1',
    vault: { bucket: 'acme-vault', lockDays: 14, lockMode: 'governance', existing: false },
    notify: { emails: ['ops@example.com', 'dev@example.com'] },
    plans: { ci, fleet },
    ...overrides,
  };
}
