import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { readTemplate } from '../../sandbox/iam/template.ts';
import { CliBench, fleetConfig } from '../support/cli-bench.ts';
import { account, bucket, region } from '../support/cloud.ts';
import { aConfig } from '../support/configs.ts';
import { synthesize } from '../support/synthesized.ts';

const config = fleetConfig('{ daily: 7 }');
const over = (name: string): string =>
  config.replace(`vault: { bucket: ${bucket} }`, `vault: { bucket: ${name}, existing: true }`);

/** The policy that the stack gives a vault of this name. */
function policyOfStack(name: string): string {
  const { vault } = aConfig();
  const template = synthesize(aConfig({ vault: { ...vault, bucket: name } })).toJSON();
  const { bucketPolicies } = readTemplate(template, { account, region, stackName: 'snapkeep-prod-eu' });
  return bucketPolicies.get(name) ?? '';
}

let bench: CliBench;
beforeEach(async () => {
  bench = await CliBench.start();
  bench.addInstance();
});
afterEach(() => bench.close());

const admin = () => {
  const { url: endpoint, identity: credentials } = bench.cloud.sandbox;
  return createAwsClients({ region, endpoint, credentials, clock: bench.cloud.clock }).s3;
};

describe('a vault that was kept when the stack was removed', () => {
  it('is taken up again: its backups are listed, and new ones go there, without a warning', async () => {
    await admin().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policyOfStack(bucket) }));
    const [old = ''] = await bench.backUp(1, config);
    const listed = await bench.snapkeep(['list'], over(bucket));
    expect(listed.stdout).toContain(old);
    bench.cloud.clock.advance(86_400_000);
    const { exitCode, stderr, stdout } = await bench.snapkeep(['backup', 'fleet', '--json'], over(bucket));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { stdout: all } = await bench.snapkeep(['list'], over(bucket));
    expect(all).toContain(old);
    expect(all).toContain(JSON.parse(stdout).backup_id);
  });
});

describe('a bucket that somebody else made', () => {
  const run = (name: string) => bench.snapkeep(['backup', 'fleet'], over(name));

  it('is refused when it is not versioned', async () => {
    await admin().send(new CreateBucketCommand({ Bucket: 'plain-bucket' }));
    const { exitCode, stderr } = await run('plain-bucket');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the vault bucket plain-bucket is not versioned');
  });

  it('is refused when nothing locks what is in it, with what to do', async () => {
    await admin().send(new CreateBucketCommand({ Bucket: 'open-bucket' }));
    await admin().send(
      new PutBucketVersioningCommand({
        Bucket: 'open-bucket',
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    );
    const { exitCode, stderr } = await run('open-bucket');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('the vault bucket open-bucket has no Object Lock with a default retention');
    expect(stderr).toContain('turn on Object Lock with a default retention of 14 days');
    expect(bench.images()).toEqual([]);
  });

  it('is used with a warning for what its policy leaves open', async () => {
    const { exitCode, stderr } = await run(bucket);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`no policy of the vault bucket ${bucket} refuses writes without If-None-Match`);
    expect(stderr).toContain(`no policy of the vault bucket ${bucket} refuses requests without TLS`);
  });

  it('is used with a warning when it locks entries for a shorter time than the configuration says', async () => {
    await admin().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policyOfStack(bucket) }));
    await admin().send(
      new PutObjectLockConfigurationCommand({
        Bucket: bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } },
        },
      }),
    );
    const { exitCode, stderr } = await run(bucket);
    expect(exitCode).toBe(0);
    expect(stderr.trim().split('\n')).toEqual([
      `warning: the vault bucket ${bucket} locks entries for 7 days (governance), the configuration says 14 days (governance): change one of them`,
    ]);
  });

  it('is used without a word when these credentials may not look at how it is set up', async () => {
    const hidden = {
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:GetBucketObjectLockConfiguration', 's3:GetBucketPolicy'],
      Resource: `arn:aws:s3:::${bucket}`,
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: hidden });
    await admin().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    expect(await run(bucket)).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
