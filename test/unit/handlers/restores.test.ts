import { describe, expect, it } from 'vitest';
import {
  newRestoreId,
  outlookName,
  parseRestoreOrder,
  parseRestoreWork,
  plainRequest,
  restoreName,
} from '../../../functions/handlers/restores.ts';

const now = Date.parse('2026-11-20T09:30:12Z');

describe('what a restore is asked for', () => {
  it('is a request as the command line takes it, with every default filled in', () => {
    expect(parseRestoreOrder({ plan: 'ci', backup: 'latest' }, ['ci'])).toMatchObject({
      plan: 'ci',
      request: { backup: 'latest', privateIp: 'auto', dryRun: false, startApplication: true },
    });
  });

  it('is to go on with one, of the only plan unless one is named', () => {
    expect(parseRestoreOrder({ resume: 'one' }, ['ci'])).toEqual({ plan: 'ci', resume: 'one', wait: false });
    expect(parseRestoreOrder({ resume: 'one', plan: 'ci' }, ['ci', 'shop'])).toEqual({
      plan: 'ci',
      resume: 'one',
      wait: false,
    });
    expect(() => parseRestoreOrder({ resume: 'one' }, ['ci', 'shop'])).toThrow('of which plan');
  });

  it.each([
    ['nothing', undefined],
    ["the console's example", { key1: 'value1' }],
    ['an ID that could leave its folder', { resume: '../one' }],
    ['a command in place of a subnet', { plan: 'ci', subnet: '$(reboot)' }],
  ])('is refused when it is %s', (_what, event) => {
    expect(() => parseRestoreOrder(event, ['ci'])).toThrow('is not understood');
  });

  it('reaches the worker as plain data that means the same', () => {
    const order = parseRestoreOrder({ plan: 'ci', backup: 'latest', id: 'one', only: ['rds/circle-db'] }, [
      'ci',
    ]);
    const request = 'request' in order ? plainRequest(order.request) : {};
    const work = { plan: 'ci', requestId: 'one', request };
    expect(parseRestoreWork(JSON.parse(JSON.stringify(work)))).toEqual(work);
  });
});

describe('the names of a restore', () => {
  it('begin with the time, and differ within a second', () => {
    const ids = new Set(Array.from({ length: 20 }, () => newRestoreId(now)));
    expect(ids.size).toBeGreaterThan(15);
    for (const id of ids) expect(id).toMatch(/^20261120t093012-[0-9a-f]{4}$/);
  });

  it('tell deployment, plan and ID, and are hashed where they would be too long', () => {
    expect(restoreName('prod-eu', 'ci', 'one')).toBe('prod-eu-ci-restore-one');
    const longest = (id: string) => restoreName('d'.repeat(20), 'p'.repeat(24), id);
    expect(`${longest('i'.repeat(40))}-r9`).toMatch(/^[A-Za-z0-9-_]{1,64}$/);
    expect(longest('i'.repeat(40))).not.toBe(longest('i'.repeat(39)));
    expect(outlookName('d'.repeat(20), 'p'.repeat(24), now)).toMatch(/^[A-Za-z0-9-_]{1,64}$/);
  });
});
