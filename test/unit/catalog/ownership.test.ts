import { describe, expect, it } from 'vitest';
import type { LiveCopy } from '../../../functions/catalog/live.ts';
import { type Expected, ownershipProblem } from '../../../functions/catalog/ownership.ts';

const expected: Expected = {
  account: '123456789012',
  deployment: 'prod-eu',
  plan: 'ci',
  backupId: '1795140000_2026_11_20_ci',
  sourceKey: 'ec2/i-1',
  createdAt: '2026-11-20T02:00:08Z',
};
const tags = {
  'snapkeep:managed': 'prod-eu',
  'snapkeep:plan': 'ci',
  'snapkeep:backup-id': '1795140000_2026_11_20_ci',
  'snapkeep:source': 'ec2/i-1',
};
const copy: LiveCopy = {
  kind: 'ec2',
  id: 'ami-1',
  name: 'snapkeep-prod-eu-0123456789-20261120t0200-a1',
  owner: '123456789012',
  createdAt: '2026-11-20T02:00:08.000Z',
  state: 'available',
  tags,
  snapshots: [],
};

describe('a copy', () => {
  it('is ours when owner, tags, creation time and state all agree, to the second', () => {
    expect(ownershipProblem(copy, expected)).toBeUndefined();
    expect(ownershipProblem({ ...copy, state: 'disabled' }, expected)).toBeUndefined();
  });

  it.each(Object.keys(tags))('is not when its tag %s is gone or another', (key) => {
    const { [key]: _, ...others } = { ...tags } as Record<string, string>;
    expect(ownershipProblem({ ...copy, tags: others }, expected)).toBe(`its tag ${key} is gone`);
    expect(ownershipProblem({ ...copy, tags: { ...tags, [key]: 'x' } }, expected)).toContain(
      `its tag ${key} is "x"`,
    );
  });

  it('is not when its creation time is another, or not known', () => {
    const { createdAt: _, ...unknown } = copy;
    expect(ownershipProblem(unknown, expected)).toContain('at an unknown time');
    expect(ownershipProblem({ ...copy, createdAt: '2026-11-20T02:00:09Z' }, expected)).toContain('02:00:09Z');
  });

  it('may have any state and time where the ledger knows neither', () => {
    const { createdAt: _, ...failed } = expected;
    expect(
      ownershipProblem({ ...copy, state: 'failed', createdAt: '2020-01-01T00:00:00Z' }, failed),
    ).toBeUndefined();
  });
});
