import type { Plan, SourceSelection } from '../../functions/plan/config.ts';

const noDuration = { years: 0, months: 0, days: 0, hours: 0 };

/** A plan of a plain fleet that selects EC2 instances by tag; override what the test is about. */
export function aPlan(overrides: Partial<Plan> = {}): Plan {
  return {
    name: 'fleet',
    schedule: { expression: 'rate(1 day)', timezone: 'UTC' },
    sources: [ec2ByTags({ Backup: 'yes' })],
    retention: { daily: 7, minimum: 1, maxDeletePercent: 50, partialKeep: { ...noDuration, days: 7 } },
    timeoutSeconds: 12 * 3600,
    consistency: 'preferred',
    ...overrides,
  };
}

export const ec2ByTags = (tags: Record<string, string>): SourceSelection => ({
  kind: 'ec2',
  select: { tags },
  reboot: false,
});

export const ec2ByIds = (...ids: string[]): SourceSelection => ({
  kind: 'ec2',
  select: { ids },
  reboot: false,
});

export const rdsByIds = (...identifiers: string[]): SourceSelection => ({
  kind: 'rds',
  select: { identifiers },
});

export const auroraByIds = (...identifiers: string[]): SourceSelection => ({
  kind: 'aurora',
  select: { identifiers },
});
