import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { CliBench, fleetConfig } from '../support/cli-bench.ts';

const file = 'docs/examples/snapkeep.yaml';
const far = `version: 1
deployment: far
region: af-south-1
vault: { bucket: acme-far-vault, lockDays: 14 }
plans:
  fleet:
    schedule: { expression: rate(1 day) }
    sources: [{ ec2: { tags: { Backup: "yes" } } }]
    retention: { daily: 7 }
`;
const cost = (...args: string[]) => cli(['cost', '-c', file, ...args]);

describe('snapkeep cost', () => {
  it('prints a table with the stack, the snapshots, both sums and what the numbers rest on', async () => {
    const { exitCode, stdout, stderr } = await cost();
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^WHAT +A MONTH +USD$/m);
    expect(stdout).toMatch(/^alarms +\d+ alarms +\d+\.\d\d$/m);
    expect(stdout).toMatch(/^without snapshots +\d+\.\d\d$/m);
    expect(stdout).toMatch(/^ci: ec2 +[\d,]+ GiB: 1 source, \d+ recovery points each +[\d,.]+$/m);
    expect(stdout).toMatch(/^total +[\d,.]+$/m);
    expect(stdout).toContain('100 GiB on every source, of which 2 %');
    expect(stdout).toContain('Not in it');
  });

  it('adds up, in JSON, to the totals that it names', async () => {
    const { stdout } = await cost('--json');
    const json = JSON.parse(stdout);
    const sum = (key: string): number =>
      json.regions
        .flatMap((each: Record<string, { usd: number }[]>) => each[key] ?? [])
        .reduce((total: number, { usd }: { usd: number }) => total + usd, 0);
    expect(json).toMatchObject({ currency: 'USD', per: 'month', assumptions: { gib_per_source: 100 } });
    expect(sum('items')).toBeCloseTo(json.total_without_snapshots, 1);
    expect(sum('snapshots')).toBeCloseTo(json.snapshots, 1);
    expect(json.total).toBeCloseTo(json.total_without_snapshots + json.snapshots, 2);
  });

  it('counts the sources that it is told of, of a plan or of one kind of it', async () => {
    const { stdout } = await cost('--sources', 'ci=3', '--json');
    const snapshots = JSON.parse(stdout).regions[0].snapshots;
    const of = (plan: string, kind: string) =>
      snapshots.find((each: { plan: string; kind: string }) => each.plan === plan && each.kind === kind);
    expect(of('ci', 'ec2').sources).toBe(3);
    const one = JSON.parse((await cost('--json')).stdout).regions[0].snapshots[0];
    expect(of('ci', 'ec2').usd).toBeCloseTo(3 * one.usd, 1);
  });

  it('counts what AWS has, each source of a plan once, under flags that say otherwise', async () => {
    const bench = await CliBench.start();
    try {
      const [one] = [bench.addInstance(), bench.addInstance(), bench.addInstance()];
      const byTags = '{ ec2: { tags: { Backup: "yes" } } }';
      const twice = fleetConfig('{ daily: 7 }').replace(byTags, `${byTags}, { ec2: { ids: [${one.id}] } }`);
      const sources = async (...args: string[]): Promise<number> => {
        const { stdout, stderr } = await bench.snapkeep(['cost', '--count', '--json', ...args], twice);
        expect(stderr).toBe('');
        return JSON.parse(stdout).regions[0].snapshots[0].sources;
      };
      expect(await sources()).toBe(3);
      expect(await sources('--sources', 'fleet=5')).toBe(5);
    } finally {
      await bench.close();
    }
  });

  it('says that prices of a Region are not known', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapkeep-cost-'));
    const path = join(folder, 'snapkeep.yaml');
    writeFileSync(path, far);
    const { stdout, exitCode } = await cli(['cost', '-c', path, '--gib', '20']);
    rmSync(folder, { recursive: true });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Prices of af-south-1 are not known here: those of us-east-1 are used.');
  });

  it.each([
    [['--sources', 'ci'], '--sources is "ci", expected a plan and a number.'],
    [['--sources', 'ci=many'], '--sources is "many", expected a whole number of sources.'],
    [['--sources', 'nope=2'], 'there is no plan "nope".'],
    [['--sources', 'ci/aurora=2'], 'plan ci selects no aurora by tags.'],
    [['--gib', '0'], '--gib is "0", expected a number of GiB above 0 such as 100.'],
    [['--change', '120%'], '--change is "120%", expected a share from 0% to 100%.'],
    [['--snapshot-price', 'cheap'], '--snapshot-price is "cheap", expected a price such as 0.05.'],
  ])('refuses %o in a sentence, with exit code 2', async (args, sentence) => {
    const { exitCode, stdout, stderr } = await cost(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });
});
