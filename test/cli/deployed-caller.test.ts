import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { account } from '../support/cloud.ts';
import { DeployedBench } from '../support/deployed-bench.ts';
import { oldMachine, startRestoringCloud } from '../support/restoring-cloud.ts';

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/examples/${name}`, import.meta.url)), 'utf8');

/** The document that people are given, for this deployment. */
const policySchema = z.object({
  Statement: z.array(
    z.object({ Effect: z.literal('Allow'), Action: z.union([z.string(), z.array(z.string())]) }).loose(),
  ),
});
const document = policySchema.parse(
  JSON.parse(read('caller-policy.json').replaceAll('example-', 'prod-eu-').replace('-example/', '-prod-eu/')),
);
const allowed = document.Statement.flatMap(({ Action }) => Action);

const roleArn = `arn:aws:iam::${account}:role/operator`;
let bench: DeployedBench;
beforeAll(async () => {
  // Powertools writes its metrics to a console of its own, on stdout.
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const cloud = await startRestoringCloud({ policies: { [roleArn]: [document] } });
  bench = await DeployedBench.start(
    cloud,
    read('snapkeep.yaml').replace('deployment: example', 'deployment: prod-eu'),
  );
  const { accessKeyId, secretAccessKey, sessionToken = '' } = cloud.sandbox.iam.session(roleArn, 'me');
  bench.env = {
    ...cloud.sandbox.environment,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
});
afterAll(async () => {
  vi.restoreAllMocks();
  expect(bench.cloud.sandbox.internalErrors).toEqual([]);
  await bench.close();
});

const deployed = (...argv: string[]) => {
  bench.cloud.clock.advance(60_000);
  return bench.snapkeep([...argv, '--deployed'], { isTerminal: true });
};

describe('somebody who may do what docs/examples/caller-policy.json allows', () => {
  it('backs up, rotates and restores by the deployed workers, and needs all of it', async () => {
    expect(await deployed('backup', 'ci', '--json')).toMatchObject({ exitCode: 0 });
    // The one that follows every backup is over before others are asked for.
    await bench.settled();
    expect(await deployed('rotate', 'ci', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await deployed('rotate', 'ci', '--json')).toMatchObject({ exitCode: 0 });
    const restore = ['restore', 'latest', '--plan', 'ci', '--only', `ec2/${oldMachine}`];
    expect(await deployed(...restore, '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await deployed(...restore, '--id', 'one', '--json')).toMatchObject({ exitCode: 0 });
    expect(await deployed('restore', '--resume', 'one')).toMatchObject({ exitCode: 0 });
    const { used, refused, unused } = bench.cloud.sandbox.iam.usage(roleArn);
    expect({ refused: [...refused.keys()], unused }).toEqual({ refused: [], unused: [] });
    expect([...used.keys()].sort()).toEqual([...allowed].sort());
  });

  it('is refused the same work here, with its own permissions', async () => {
    const here = await bench.snapkeep(['backup', 'ci']);
    expect(here.exitCode).toBe(2);
    expect(here.stderr).toContain('not authorized to perform');
  });

  it('is told what is missing where the policy lacks something', async () => {
    const { iam } = bench.cloud.sandbox;
    for (const [action, argv] of [
      ['cloudformation:DescribeStacks', ['rotate', 'ci']],
      ['s3:GetBucketVersioning', ['rotate', 'ci']],
      ['lambda:InvokeFunction', ['rotate', 'ci', '--dry-run']],
    ] as const) {
      const Statement = document.Statement.filter(({ Action }) => ![Action].flat().includes(action));
      iam.setPolicies(roleArn, [{ Version: '2012-10-17', Statement }]);
      const result = await deployed(...argv);
      expect(result.exitCode, action).toBe(2);
      expect(result.stderr, action).toContain(action);
    }
    // Progress is decoration: without the history only that is missing.
    const Statement = document.Statement.map((each) =>
      [each.Action].flat().includes('lambda:GetDurableExecutionHistory')
        ? { ...each, Action: 'lambda:GetDurableExecution' }
        : each,
    );
    iam.setPolicies(roleArn, [{ Version: '2012-10-17', Statement }]);
    expect(await deployed('rotate', 'ci', '--dry-run')).toMatchObject({ exitCode: 0 });
  });
});
