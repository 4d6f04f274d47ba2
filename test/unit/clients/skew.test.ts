import { describe, expect, it } from 'vitest';
import { SkewCheck } from '../../../functions/clients/skew.ts';

const now = Date.parse('2026-11-20T02:00:00Z');
const dated = (offsetSeconds: number) => ({ date: new Date(now + offsetSeconds * 1000).toUTCString() });

describe('the clock skew check', () => {
  it('accepts up to five minutes either way', () => {
    for (const offset of [0, 299, -299]) new SkewCheck(() => now).observe(dated(offset));
  });

  it('refuses more with the direction and a remedy', () => {
    expect(() => new SkewCheck(() => now).observe(dated(-600))).toThrow('10 minutes ahead of AWS');
    expect(() => new SkewCheck(() => now).observe(dated(600))).toThrow('10 minutes behind AWS');
  });

  it('looks at the first answer only, whatever the case of its header', () => {
    const check = new SkewCheck(() => now);
    check.observe({ Date: dated(1).date });
    check.observe(dated(3600));
  });

  it('waits for an answer that has a date', () => {
    const check = new SkewCheck(() => now);
    check.observe({});
    check.observe({ date: 'yesterday' });
    expect(() => check.observe(dated(3600))).toThrow('behind AWS');
  });
});
