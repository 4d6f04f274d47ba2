/** One file, two Regions: both stacks in one sandbox, run by their schedules, and asked from one command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fastClock } from '../../bin/cli/fast-clock.ts';
import { parseConfigWithWarnings } from '../../functions/plan/parse.ts';
import { buildBundles, copyBundles } from '../../lib/bundles.ts';
import { addSnapkeepStacks } from '../../lib/snapkeep-app.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';
import { type CliResult, cli } from '../support/cli.ts';

const configuration = `
version: 1
deployment: prod
region: eu-west-1
vault: { bucket: acme-vault-eu-west-1 }
regions: { us-east-1: { vault: { bucket: acme-vault-us-east-1 } } }
plans:
  eu-fleet:
    schedule: { expression: "cron(0 3 * * ? *)" }
    sources: [{ ec2: { tags: { Backup: "yes" } } }]
    retention: { last: 3 }
  us-fleet:
    region: us-east-1
    schedule: { expression: "cron(0 3 * * ? *)", timezone: America/New_York }
    sources: [{ ec2: { tags: { Backup: "yes" } } }]
    retention: { last: 3 }
`;
const places = [
  { region: 'eu-west-1', plan: 'eu-fleet', bucket: 'acme-vault-eu-west-1' },
  { region: 'us-east-1', plan: 'us-fleet', bucket: 'acme-vault-us-east-1' },
] as const;

const clock = fastClock(20);
let root: string;
let sandbox: RunningSandbox;
const machines: Record<string, string> = {};
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'snapkeep-deployed-regions-'));
  writeFileSync(join(root, 'snapkeep.yaml'), configuration);
  await synthesize(join(root, 'cdk.out'));
  sandbox = await startSandbox({ assembly: join(root, 'cdk.out'), snapshotSeconds: 20, clock });
  for (const { region } of places)
    machines[region] = sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } }).id;
}, 120_000);
afterAll(async () => {
  expect(sandbox.internalErrors).toEqual([]);
  await sandbox.close();
  rmSync(root, { recursive: true });
});

async function synthesize(outdir: string): Promise<void> {
  const [first, ...others] = parseConfigWithWarnings(configuration, 'snapkeep.yaml').regions;
  const snapkeepVersion = '0.0.0-test';
  const built = { config: first, snapkeepVersion, outputFolder: join(root, first.region) };
  const app = new App({ outdir });
  addSnapkeepStacks(app, [
    { config: first, bundles: await buildBundles(built) },
    ...others.map((config) => ({
      config,
      bundles: copyBundles(built.outputFolder, {
        ...{ config, snapkeepVersion, outputFolder: join(root, config.region) },
      }),
    })),
  ]);
  app.synth();
}

const snapkeep = (...argv: string[]): Promise<CliResult> =>
  cli(['-c', join(root, 'snapkeep.yaml'), ...argv], { env: sandbox.environment, clock });

/** The executions of a Region's functions that are over, with how each ended. */
const endedIn = (region: string): string[] =>
  sandbox.lambda
    .functions()
    .filter((each) => each.region === region)
    .flatMap(({ executions }) => [...executions.values()])
    .flatMap(({ name, ended }) => (ended ? [`${name} ${ended.status}`] : []));

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${everyLog()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const everyLog = (): string =>
  ['start', 'backup-worker', 'rotate-worker']
    .flatMap((name) => sandbox.serverless.logs.of(`prod-${name}`))
    .map(({ region, text }) => `${region} ${text}`)
    .slice(-40)
    .join('\n');

describe.sequential('two Regions in one sandbox', () => {
  it('have the same functions and the same daily schedule each, and schedules of their own plans', () => {
    const stacks = sandbox.serverless.deployment?.stacks ?? [];
    expect(stacks.map(({ name, region, schedules }) => [name, region, schedules])).toEqual(
      places.map(({ region, plan }) => ['snapkeep-prod', region, [plan, 'rotate_daily']]),
    );
    const [first, second] = stacks.map(({ functions }) => functions.map(({ name }) => name));
    expect(first).toEqual(second);
    const roles = stacks.flatMap(({ functions }) => functions.map(({ roleArn }) => roleArn));
    expect(new Set(roles).size).toBe(roles.length);
    const daily = sandbox.serverless.scheduler.schedules().filter(({ name }) => name === 'rotate_daily');
    expect(daily.map(({ target }) => target.arn.split(':')[3])).toEqual(['eu-west-1', 'us-east-1']);
  });

  it.each(places)(
    'back up in $region by schedule, with the roles and into the vault of that Region',
    async (at) => {
      const { region, plan, bucket } = at;
      expect(sandbox.serverless.scheduler.fire(plan)).toBeDefined();
      await until(`the rotation after ${plan}`, () => endedIn(region).some((each) => each.includes('-rb ')));
      expect(endedIn(region)).toEqual([
        expect.stringMatching(new RegExp(`^prod-${plan}-\\d{8}t\\d{4} SUCCEEDED$`)),
        expect.stringMatching(new RegExp(`^prod-${plan}-\\d{8}t\\d{4}-rb SUCCEEDED$`)),
      ]);
      const sealed = sandbox.s3.keys(bucket).filter((key) => key.endsWith('/backup_information.json'));
      expect(sealed).toHaveLength(1);
      expect(JSON.parse(sandbox.s3.text(bucket, sealed[0] ?? '') ?? 'null')).toMatchObject({
        status: 'completed',
        recovery_points: [{ source: { kind: 'ec2', id: machines[region], region } }],
      });
      const metric = (where: string): number =>
        sandbox.cloudwatch.sum(
          { account: sandbox.identity.account, region: where },
          'Snapkeep',
          'BackupCompleted',
          {
            deployment: 'prod',
            plan,
          },
        );
      expect(places.map((each) => metric(each.region))).toEqual(
        places.map((each) => (each.region === region ? 1 : 0)),
      );
    },
  );

  it('are listed together', async () => {
    const { stdout, exitCode } = await snapkeep('list', '--json');
    expect(exitCode).toBe(0);
    const rows: { region: string; plan: string }[] = JSON.parse(stdout);
    expect(rows.map(({ region, plan }) => `${region} ${plan}`).sort()).toEqual([
      'eu-west-1 eu-fleet',
      'us-east-1 us-fleet',
    ]);
  });

  it('back up and rotate from the command line by the functions of the right Region', async () => {
    // In the minute of the one before it would be that one again.
    const minute = () => Math.floor(clock.now() / 60_000);
    const begun = minute();
    await until('another slot', () => minute() > begun);
    const before = endedIn('eu-west-1').length;
    const made = await snapkeep('backup', 'us-fleet', '--deployed', '--json');
    expect(made.stderr).not.toContain('snapkeep:');
    expect(made.exitCode).toBe(0);
    expect(JSON.parse(made.stdout)).toMatchObject({ plan: 'us-fleet', status: 'completed' });
    await until(
      'its rotation',
      () => endedIn('us-east-1').filter((each) => each.includes('-rb ')).length === 2,
    );
    expect(endedIn('eu-west-1')).toHaveLength(before);

    const rotated = await snapkeep('rotate', '--deployed', '--json');
    expect(rotated.exitCode).toBe(0);
    expect(JSON.parse(rotated.stdout).plans).toMatchObject([
      { plan: 'eu-fleet', region: 'eu-west-1', state: 'idle' },
      { plan: 'us-fleet', region: 'us-east-1', state: 'idle' },
    ]);
  });

  it('are told apart by the ARNs of their schedules', async () => {
    const arns = sandbox.serverless.scheduler
      .schedules()
      .flatMap(({ name, arn }) => (name === 'rotate_daily' ? [arn] : []));
    const shown = await (await fetch(`${sandbox.url}/_sandbox/schedules`)).text();
    for (const arn of arns) expect(shown).toContain(JSON.stringify(arn));
    const place = `${sandbox.url}/_sandbox/schedules/${encodeURIComponent(arns[1] ?? '')}/fire`;
    expect((await fetch(place, { method: 'POST' })).status).toBe(202);
    const daily = (region: string) => endedIn(region).filter((each) => each.endsWith('-rd SUCCEEDED'));
    await until('the daily rotation in us-east-1', () => daily('us-east-1').length === 1);
    expect(daily('eu-west-1')).toEqual([]);
  });

  it('were never refused anything', () => {
    const roles = (sandbox.serverless.deployment?.stacks ?? []).flatMap(({ functions }) =>
      functions.map(({ roleArn }) => roleArn),
    );
    expect(roles.flatMap((role) => [...sandbox.iam.usage(role).refused])).toEqual([]);
  });
});
