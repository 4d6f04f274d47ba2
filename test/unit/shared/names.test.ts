import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupIdOf, copyName, slotOf } from '../../../functions/shared/names.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,23}$/);
const source = fc.record({
  kind: fc.constantFrom('ec2' as const, 'rds' as const, 'aurora' as const),
  id: fc.string({ minLength: 1, maxLength: 63 }),
  region: fc.constant('eu-west-1'),
});
const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });

describe('names', () => {
  it('gives the slot of a moment as its minute in UTC', () => {
    expect(slotOf(Date.parse('2026-11-20T02:00:59.999Z'))).toBe('2026-11-20T02:00:00Z');
  });

  it('makes a backup ID of epoch seconds, UTC date and plan', () => {
    expect(backupIdOf('2026-11-20T02:00:00Z', 'ci')).toBe('1795140000_2026_11_20_ci');
  });

  it('makes copy names that every service accepts, whatever the source is called', () => {
    fc.assert(
      fc.property(
        word,
        word,
        source,
        moment,
        fc.integer({ min: 1, max: 9 }),
        (deployment, plan, from, at, attempt) => {
          const name = copyName(deployment.slice(0, 20), plan, from, slotOf(at.getTime()), attempt);
          expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
          expect(name.length).toBeLessThanOrEqual(63);
        },
      ),
    );
  });

  it('tells sources, plans, slots and attempts apart', () => {
    const base = [
      'prod',
      'ci',
      { kind: 'ec2', id: 'i-1', region: 'eu-west-1' },
      '2026-11-20T02:00:00Z',
      1,
    ] as const;
    const others = [
      copyName(...base),
      copyName('prod', 'gitlab', base[2], base[3], 1),
      copyName('prod', 'ci', { ...base[2], id: 'i-2' }, base[3], 1),
      copyName('prod', 'ci', { ...base[2], kind: 'rds' }, base[3], 1),
      copyName('prod', 'ci', base[2], '2026-11-20T02:01:00Z', 1),
      copyName('prod', 'ci', base[2], base[3], 2),
    ];
    expect(new Set(others).size).toBe(others.length);
    // Pinned: copies of released versions are found again by this very name.
    expect(copyName(...base)).toBe('snapkeep-prod-94a5aa19c1-20261120t0200-a1');
  });
});
