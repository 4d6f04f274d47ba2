import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pacing, TokenBucket } from '../../../functions/shared/pacing.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

async function timesOf(clock: VirtualClock, bucket: TokenBucket, calls: number): Promise<number[]> {
  const times: number[] = [];
  await Promise.all(Array.from({ length: calls }, () => bucket.take().then(() => times.push(clock.now()))));
  return times;
}

describe('a token bucket', () => {
  it('lets a full bucket go at once and the rest at the refill rate, in order', async () => {
    const clock = new VirtualClock(0);
    const times = await timesOf(clock, new TokenBucket(clock, { size: 3, refillPerSecond: 5 }), 6);
    expect(times).toEqual([0, 0, 0, 200, 400, 600]);
  });

  it('is never refused by a service that keeps the same bucket, whenever its callers come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 60 }),
        async (size, refillPerSecond, pauses) => {
          const clock = new VirtualClock(0);
          const bucket = new TokenBucket(clock, { size, refillPerSecond });
          let tokens = size;
          let updatedAt = 0;
          const call = async (pause: number) => {
            await clock.sleep(pause);
            await bucket.take();
            tokens = Math.min(size, tokens + ((clock.now() - updatedAt) / 1000) * refillPerSecond) - 1;
            updatedAt = clock.now();
            expect(tokens).toBeGreaterThanOrEqual(-1e-9);
          };
          await Promise.all(pauses.map(call));
        },
      ),
    );
  });

  it('halves its rate on a throttle answer, down to an eighth, and climbs back with successes', () => {
    const bucket = new TokenBucket(new VirtualClock(0), { size: 10, refillPerSecond: 8 });
    for (const expected of [4, 2, 1, 1]) {
      bucket.throttled();
      expect(bucket.refillPerSecond).toBe(expected);
    }
    for (let call = 0; call < 44; call += 1) bucket.succeeded();
    expect(bucket.refillPerSecond).toBe(8);
  });

  it('is empty after a throttle answer', async () => {
    const clock = new VirtualClock(0);
    const bucket = new TokenBucket(clock, { size: 10, refillPerSecond: 2 });
    bucket.throttled();
    await bucket.take();
    expect(clock.now()).toBe(1000);
  });
});

describe('pacing', () => {
  it('has one bucket per service and action, and none for what is not paced', () => {
    const sizes = (service: string) => (service === 'ec2' ? { size: 4, refillPerSecond: 2 } : undefined);
    const pacing = new Pacing(new VirtualClock(0), sizes);
    expect(pacing.bucket('ec2', 'CreateImage')).toBe(pacing.bucket('ec2', 'CreateImage'));
    expect(pacing.bucket('ec2', 'CreateImage')).not.toBe(pacing.bucket('ec2', 'DeregisterImage'));
    expect(pacing.bucket('s3', 'PutObject')).toBeUndefined();
  });

  it('takes its share of size and refill among shards', async () => {
    const clock = new VirtualClock(0);
    const pacing = new Pacing(clock, () => ({ size: 9, refillPerSecond: 6 }), 3);
    const bucket = pacing.bucket('ec2', 'CreateImage');
    if (!bucket) throw new Error('no bucket');
    expect(await timesOf(clock, bucket, 5)).toEqual([0, 0, 0, 500, 1000]);
  });
});
