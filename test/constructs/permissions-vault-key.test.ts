import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { bucket, region } from '../support/cloud.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan, ec2ByTags } from '../support/plans.ts';
import { type RoleBench, startRoleBench } from '../support/role-bench.ts';
import { customerKey, deployWorkers, names } from '../support/role-estate.ts';

let bench: RoleBench;

beforeAll(async () => {
  const { vault, ...config } = aConfig({
    plans: { fleet: aPlan({ sources: [ec2ByTags({ Backup: 'yes' })] }) },
  });
  bench = await startRoleBench({ ...config, vault: { ...vault, bucket, kmsKey: customerKey } });
  const { sandbox } = bench.cloud;
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  // What the stack gives a vault with a key.
  const admin = createAwsClients({ region, endpoint: sandbox.url, credentials: sandbox.identity });
  const ApplyServerSideEncryptionByDefault = {
    SSEAlgorithm: 'aws:kms',
    KMSMasterKeyID: customerKey,
  } as const;
  await admin.s3.send(
    new PutBucketEncryptionCommand({
      Bucket: bucket,
      ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault }] },
    }),
  );
  admin.destroy();
  sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
  deployWorkers(bench);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await bench.close();
});

it('a vault under a key of the customer needs that key for writing and reading, and the workers may use it', async () => {
  const ended = await bench.run(names.backupWorker, { plan: 'fleet', slot: '2026-11-20T02:00:00Z' });
  expect(ended.status).toBe('SUCCEEDED');
  await bench.cloud.sandbox.lambda.idle();
  const { used, refused } = bench.cloud.sandbox.iam.usage(bench.functionNamed(names.backupWorker).role.arn);
  expect([...refused]).toEqual([]);
  expect(used.get('kms:GenerateDataKey')).toBe(used.get('s3:PutObject'));
  const rotation = bench.cloud.sandbox.iam.usage(bench.functionNamed(names.rotateWorker).role.arn);
  expect([...rotation.refused]).toEqual([]);
  expect(rotation.used.get('kms:Decrypt')).toBe(rotation.used.get('s3:GetObjectVersion'));
});

it('a key of somebody else stays closed, and then no backup begins', async () => {
  const admin = createAwsClients({
    region,
    endpoint: bench.cloud.sandbox.url,
    credentials: bench.cloud.sandbox.identity,
  });
  const KMSMasterKeyID = customerKey.replace('11111111', '99999999');
  const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } as const;
  await admin.s3.send(
    new PutBucketEncryptionCommand({
      Bucket: bucket,
      ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault }] },
    }),
  );
  admin.destroy();
  const ended = await bench.run(names.backupWorker, { plan: 'fleet', slot: '2026-11-21T02:00:00Z' });
  expect(ended).toMatchObject({ status: 'FAILED' });
  expect(JSON.stringify(ended)).toContain('kms:GenerateDataKey');
  expect(bench.cloud.sandbox.ec2.region(region).images.size).toBe(1);
});
