/**
 * The command line against a deployment as it will be: the synthesized stack and its built bundles, which run in
 * processes of their own under their roles; the caller has the policy of docs/examples. On the wall clock, with a cloud
 * that is twenty times as fast.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustedDocuments } from '../../bin/cli/trusted-documents.ts';
import { systemClock } from '../../functions/shared/clock.ts';
import { fastWallClock } from '../../sandbox/clock.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';
import { type Assembly, synthesizeAssembly } from '../support/assembly.ts';
import { type CliResult, cli } from '../support/cli.ts';
import { account } from '../support/cloud.ts';
import { oldMachine } from '../support/restoring-cloud.ts';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url));
const roleArn = `arn:aws:iam::${account}:role/operator`;

let assembly: Assembly;
let sandbox: RunningSandbox;
beforeAll(async () => {
  assembly = await synthesizeAssembly(example('snapkeep.yaml'));
  sandbox = await startSandbox({
    ...{ estate: example('estate.yaml'), assembly: assembly.folder, snapshotSeconds: 20 },
    ...{ clock: fastWallClock(20), trustedDocuments: trustedDocuments() },
  });
  sandbox.iam.setPolicies(roleArn, [JSON.parse(readFileSync(example('caller-policy.json'), 'utf8'))]);
}, 120_000);
afterAll(async () => {
  expect(sandbox.internalErrors).toEqual([]);
  await sandbox.close();
  assembly.remove();
});

function deployed(...argv: string[]): Promise<CliResult> {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = sandbox.iam.session(roleArn, 'me');
  const env = {
    ...sandbox.environment,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  return cli(['-c', example('snapkeep.yaml'), ...argv, '--deployed', '--json'], { env, clock: systemClock });
}

describe.sequential('the command line and what is really deployed', () => {
  it('backs up', async () => {
    const { exitCode, stdout, stderr } = await deployed('backup', 'ci');
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ plan: 'ci', deployment: 'example', status: 'completed' });
  }, 60_000);

  it('tells what a rotation would do', async () => {
    const { exitCode, stdout, stderr } = await deployed('rotate', 'ci', '--dry-run');
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout).plans).toMatchObject([{ plan: 'ci', state: 'planned', refusals: [] }]);
    expect(JSON.parse(stdout).plans[0].decisions).toHaveLength(2);
  }, 60_000);

  it('restores', async () => {
    const argv = ['restore', 'latest', '--plan', 'ci', '--only', `ec2/${oldMachine}`, '--id', 'one'];
    const { exitCode, stdout, stderr } = await deployed(...argv);
    expect(exitCode, stderr + stdout).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ request_id: 'one', status: 'completed', failure: null });
  }, 120_000);

  it('ends as a worker does whose role lacks a permission, and says that it was not the caller', async () => {
    const worker = sandbox.serverless.deployment?.functionNamed('example-rotate-worker')?.roleArn ?? '';
    const Action = ['lambda:*', 'logs:*', 's3:*', 'sts:*', 'sns:*', 'events:*'];
    sandbox.iam.setPolicies(worker, [
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] },
    ]);
    const { exitCode, stdout, stderr } = await deployed('rotate', 'ci');
    expect(exitCode, stderr).toBe(4);
    expect(JSON.parse(stdout).error.message).toMatch(
      /^the deployed worker says: the copies of kind ec2 could not be listed .*example-rotate-worker is not authorized/,
    );
    expect(stderr).toContain('snapkeep: the deployed worker says: ');
  }, 60_000);
});
