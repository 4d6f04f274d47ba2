import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliBench, fleetConfig as config } from '../support/cli-bench.ts';
import type { Cloud } from '../support/cloud.ts';

let bench: CliBench;
let cloud: Cloud;
beforeEach(async () => {
  bench = await CliBench.start();
  cloud = bench.cloud;
});
afterEach(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

describe('snapkeep forget', () => {
  /** Two machines of which one is terminated after the second of three days. */
  async function loseOne(configuration: string) {
    const lost = bench.addInstance();
    const stays = bench.addInstance();
    await bench.backUp(2, configuration);
    lost.tags.delete('Backup');
    cloud.clock.advance(86_400_000);
    await bench.backUp(2, configuration);
    return { lost: `ec2/${lost.id}`, stays: `ec2/${stays.id}` };
  }

  it('lets the last copies of a source go once a person has confirmed exactly them', async () => {
    const keep1 = config('{ last: 1, maxDeletePercent: 100 }');
    const { lost } = await loseOne(keep1);
    await bench.snapkeep(['rotate'], keep1);
    expect(bench.images()).toHaveLength(2);
    const asked = await bench.snapkeep(['forget', lost, '--plan', 'fleet', '--json'], keep1);
    expect(asked.exitCode).toBe(4);
    const { digest, recovery_points, error } = JSON.parse(asked.stdout);
    expect(recovery_points).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'refused', remedy: expect.stringContaining(`--confirm ${digest}`) });
    const wrong = await bench.snapkeep(
      ['forget', lost, '--plan', 'fleet', '--confirm', '0123456789ab'],
      keep1,
    );
    expect(wrong).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('not 0123456789ab') });
    expect(bench.keys().filter((key) => key.includes('/forgets/'))).toEqual([]);

    const done = await bench.snapkeep(['forget', lost, '--plan', 'fleet', '--confirm', digest], keep1);
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(bench.keys()).toContain('ledger/fleet/forgets/000001.json');
    const rotated = await bench.snapkeep(['rotate'], keep1);
    expect(rotated.stdout).toMatch(/remove +forgotten at \S+ by arn:aws:iam/);
    expect(bench.images()).toHaveLength(1);
  });

  it('names the sources that there are when it does not know one', async () => {
    const keep1 = config('{ last: 1 }');
    const { stays } = await loseOne(keep1);
    const result = await bench.snapkeep(['forget', `${stays}0`, '--plan', 'fleet'], keep1);
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`did you mean ${stays}?`) });
  });
});
