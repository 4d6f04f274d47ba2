import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetConfig } from '../support/cli-bench.ts';
import { bucket, startCloud } from '../support/cloud.ts';
import { DeployedBench, type StackChanges } from '../support/deployed-bench.ts';

const yaml = fleetConfig('{ daily: 7 }');
let bench: DeployedBench;
beforeAll(async () => {
  bench = await DeployedBench.start(await startCloud(), yaml);
});
afterAll(async () => {
  expect(bench.cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

/** What `backup --deployed` says of a stack, for which nothing may be started. */
async function refusal(changes: StackChanges, argv = ['backup', 'fleet']): Promise<string> {
  bench.deployStack(changes);
  const { exitCode, stdout, stderr } = await bench.snapkeep([...argv, '--deployed']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(bench.executions('backupWorker')).toEqual([]);
  return stderr;
}

describe('a deployment that the command line looks for', () => {
  it.each([
    [
      'CREATE_IN_PROGRESS',
      /is being deployed or rolled back at the moment \(CREATE_IN_PROGRESS\)\n {2}wait until/,
    ],
    ['UPDATE_ROLLBACK_IN_PROGRESS', /is being deployed or rolled back at the moment .*\n {2}wait until/],
    ['REVIEW_IN_PROGRESS', /was prepared and never deployed .*\n {2}finish its deployment/],
    ['ROLLBACK_COMPLETE', /the first deployment .* failed \(ROLLBACK_COMPLETE: no\)\n {2}delete the stack/],
    ['CREATE_FAILED', /the first deployment .* failed .*\n {2}delete the stack/],
    ['UPDATE_ROLLBACK_FAILED', /the last update .* went wrong .*\n {2}continue its rollback/],
    ['UPDATE_FAILED', /the last update .* went wrong .*\n {2}continue its rollback/],
    ['DELETE_IN_PROGRESS', /is being removed, or was in part .*\n {2}wait for the end of that/],
    ['DELETE_FAILED', /is being removed, or was in part .*\n {2}wait for the end of that/],
  ] as const)('is refused as %s, with what to do', async (status, sentence) => {
    const said = await refusal({ status, reason: 'no' });
    expect(said).toMatch(sentence);
    expect(said).toMatch(/^snapkeep: [^\n]*the stack snapkeep-prod-eu [^\n]*\n {2}[^\n]+\n$|^snapkeep: the /);
  });

  it.each(['Version', 'Plans', 'BackupWorkerAlias', 'VaultBucket'])(
    'is refused when it does not say its %s',
    async (key) => {
      expect(await refusal({ outputs: { [key]: undefined } })).toMatch(
        new RegExp(
          `the stack snapkeep-prod-eu does not say its ${key}: .*\\n {2}deploy it again: npx cdk deploy`,
        ),
      );
    },
  );

  it('is refused when another version, another deployment or another vault is deployed', async () => {
    expect(await refusal({ outputs: { Version: '0.9.3' } })).toMatch(
      /was deployed by Snapkeep 0\.9\.3, and this is \d+\.\d+\.\d+\n {2}use that version, or deploy it again/,
    );
    expect(await refusal({ outputs: { Deployment: 'prod-us' } })).toMatch(
      /is of the deployment prod-us, and this configuration is of prod-eu\n/,
    );
    expect(await refusal({ outputs: { VaultBucket: 'elsewhere' } })).toMatch(
      new RegExp(`the deployed vault is elsewhere, and this configuration names ${bucket}\\n`),
    );
  });

  it.each([[['backup', 'fleet']], [['rotate', 'fleet']], [['restore', 'latest', '--plan', 'fleet']]])(
    'is refused when it does not have the plan of %s',
    async (argv) => {
      expect(await refusal({ outputs: { Plans: 'ci,shop' } }, argv)).toMatch(
        /plan fleet is not deployed: the functions of snapkeep-prod-eu know ci, shop\n {2}if it was added lately, deploy/,
      );
      expect(await refusal({ outputs: { Plans: 'fleets,shop' } }, argv)).toContain('did you mean fleets?');
    },
  );

  it('is not there in another Region, or before its first deployment', async () => {
    bench.deployStack();
    bench.rewriteConfig((text) => text.replace('region: eu-west-1', 'region: eu-north-1'), yaml);
    const { exitCode, stderr } = await bench.snapkeep(['backup', 'fleet', '--deployed']);
    bench.rewriteConfig((text) => text, yaml);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^snapkeep: there is no stack snapkeep-prod-eu in eu-north-1\n {2}deploy it \(npx cdk deploy -c config=FILE\)/,
    );
    expect(await refusal({ status: 'DELETE_COMPLETE' })).toContain(
      'there is no stack snapkeep-prod-eu in eu-west-1',
    );
  });

  it('says which permission is missing to look for it', async () => {
    bench.deployStack();
    bench.cloud.sandbox.faults.add({
      ...{ service: 'cloudformation', code: 'AccessDenied', status: 403, times: 1 },
      message: 'not authorized to perform: cloudformation:DescribeStacks',
    });
    const { exitCode, stderr } = await bench.snapkeep(['backup', 'fleet', '--deployed']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the credentials are not allowed to do this');
    expect(stderr).toContain('cloudformation:DescribeStacks');
  });

  it('warns when the deployed functions work by another configuration', async () => {
    bench.deployStack();
    bench.rewriteConfig((text) => text.replace('daily: 7', 'daily: 8'), yaml);
    const { exitCode, stderr } = await bench.snapkeep(['rotate', 'fleet', '--dry-run', '--deployed']);
    bench.rewriteConfig((text) => text, yaml);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^warning: the deployed functions work by a configuration that differs from this one; /,
    );
  });
});

describe('a verb that no deployed function does', () => {
  it.each([
    ['list'],
    ['validate'],
    ['show', '1795140000_2026_11_20_fleet'],
    ['hold', '1795140000_2026_11_20_fleet', '--reason', 'why'],
    ['forget', 'ec2/i-0123456789abcdef0', '--plan', 'fleet'],
  ])('refuses --deployed and says so: %s', async (verb, ...others) => {
    const { exitCode, stdout, stderr } = await bench.snapkeep([verb, ...others, '--deployed']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      `snapkeep: ${verb} does its work here, with your own credentials: no deployed function does it\n` +
        '  leave out --deployed; the verbs that take it are backup, restore, rotate\n',
    );
  });

  it('does not offer it in its help, and those that take it do', async () => {
    expect((await bench.snapkeep(['list', '--help'])).stdout).not.toContain('--deployed');
    expect((await bench.snapkeep(['backup', '--help'])).stdout).toContain('--deployed');
  });
});
