import { setTimeout as realSleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

describe('the virtual clock', () => {
  it('wakes sleepers in order of their time and jumps over what lies between', async () => {
    const clock = new VirtualClock(1000);
    const woken: string[] = [];
    const sleeper = async (name: string, milliseconds: number) => {
      await clock.sleep(milliseconds);
      woken.push(`${name} at ${clock.now()}`);
    };
    await Promise.all([sleeper('late', 3_600_000), sleeper('early', 10), sleeper('middle', 500)]);
    expect(woken).toEqual(['early at 1010', 'middle at 1500', 'late at 3601000']);
  });

  it('wakes those with the same time in the order in which they fell asleep', async () => {
    const clock = new VirtualClock(0);
    const woken: number[] = [];
    await Promise.all([1, 2, 3].map((n) => clock.sleep(100).then(() => woken.push(n))));
    expect(woken).toEqual([1, 2, 3]);
  });

  it('stands still while real work is under way', async () => {
    const clock = new VirtualClock(0);
    let sleptUntil: number | undefined;
    const sleeping = clock.sleep(5000).then(() => {
      sleptUntil = clock.now();
    });
    await clock.whileBusy(async () => {
      await realSleep(30);
      expect(clock.now()).toBe(0);
      expect(sleptUntil).toBeUndefined();
    });
    await sleeping;
    expect(sleptUntil).toBe(5000);
  });

  it('goes on when work fails', async () => {
    const clock = new VirtualClock(0);
    await expect(clock.whileBusy(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await clock.sleep(10);
    expect(clock.now()).toBe(10);
  });

  it('rejects an aborted sleep at once and forgets it', async () => {
    const clock = new VirtualClock(0);
    const controller = new AbortController();
    const aborted = clock.whileBusy(async () => {
      const sleep = clock.sleep(5000, controller.signal);
      controller.abort(new Error('stopped'));
      await sleep;
    });
    await expect(aborted).rejects.toThrow('stopped');
    expect(clock.now()).toBe(0);
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow('stopped');
  });
});
