import { describe, expect, it } from 'vitest';
import {
  parseBackupRequest,
  parseScheduled,
  parseWork,
  requirePlan,
} from '../../../functions/handlers/events.ts';

const now = Date.parse('2026-11-20T09:30:12Z');

describe('events of the functions', () => {
  it('takes the slot of a schedule from its time, not from the delivery', () => {
    const event = { plan: 'ci', scheduledTime: '2026-11-20T02:00:00Z' };
    expect(parseScheduled(event)).toEqual({ plan: 'ci', slot: '2026-11-20T02:00:00Z' });
  });

  it('cuts a time with seconds to its minute, in UTC', () => {
    const event = { plan: 'ci', scheduledTime: '2026-11-20T03:00:59+01:00' };
    expect(parseScheduled(event).slot).toBe('2026-11-20T02:00:00Z');
  });

  it('refuses an attribute that Scheduler did not replace', () => {
    const event = { plan: 'ci', scheduledTime: '<aws.scheduler.scheduled-time>' };
    expect(() => parseScheduled(event)).toThrow('scheduledTime: must be a time such as');
  });

  it('backs up now when a person names no slot', () => {
    expect(parseBackupRequest({ plan: 'ci' }, now)).toEqual({
      ...{ plan: 'ci', slot: '2026-11-20T09:30:00Z' },
      wait: false,
    });
  });

  it('refuses a slot in the future', () => {
    expect(() => parseBackupRequest({ plan: 'ci', slot: '2026-11-20T09:32:00Z' }, now)).toThrow('future');
  });

  it.each([
    ['nothing', undefined, 'it must be a JSON object'],
    ['a list', [], 'it must be a JSON object'],
    ['the name alone', 'ci', 'it must be a JSON object'],
    ['an empty event', {}, 'plan: must be the name of a plan'],
    [
      "the console's example",
      { key1: 'value1', key2: 'value2' },
      'plan: must be the name of a plan; unknown keys "key1", "key2"',
    ],
    ['an unknown key', { plan: 'ci', Slot: '2026-11-20T02:00:00Z' }, 'unknown key "Slot"'],
  ])('refuses %s with the form that is expected', (_what, event, problem) => {
    const refusal = expect.objectContaining({
      message: `the event of this function is not understood: ${problem}`,
      remedy: expect.stringMatching(/^send \{"plan": "ci"\}/),
    });
    expect(() => parseBackupRequest(event, now)).toThrow(refusal);
  });

  it('keeps the share of a large backup', () => {
    const event = { plan: 'ci', slot: '2026-11-20T02:00:00Z', shard: { index: 1, of: 3 } };
    expect(parseWork(event)).toEqual(event);
  });

  it('names the deployed plans when one is unknown', () => {
    const error = (() => {
      try {
        requirePlan({ plans: Object.create({ inherited: {} }) }, 'inherited');
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toMatchObject({ kind: 'usage', message: expect.stringContaining('no plan "inherited"') });
  });
});
