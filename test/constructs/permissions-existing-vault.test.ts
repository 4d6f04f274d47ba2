import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bucket, region } from '../support/cloud.ts';
import { aConfig } from '../support/configs.ts';
import { aPlan, ec2ByTags } from '../support/plans.ts';
import { type RoleBench, startRoleBench } from '../support/role-bench.ts';
import { deployWorkers, names } from '../support/role-estate.ts';

let bench: RoleBench;

beforeAll(async () => {
  const { vault, ...config } = aConfig({
    plans: { fleet: aPlan({ sources: [ec2ByTags({ Backup: 'yes' })] }) },
  });
  bench = await startRoleBench({ ...config, vault: { ...vault, bucket, existing: true } });
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  bench.cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
  deployWorkers(bench);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await bench.close();
});

it('a vault that was there before needs no policy of ours: the roles themselves may read it and add to it', async () => {
  expect([...bench.permissions.bucketPolicies]).toEqual([]);
  const ended = await bench.run(names.backupWorker, { plan: 'fleet', slot: '2026-11-20T02:00:00Z' });
  expect(ended.status).toBe('SUCCEEDED');
  await bench.cloud.sandbox.lambda.idle();
  const usageOf = (name: string) => bench.cloud.sandbox.iam.usage(bench.functionNamed(name).role.arn);
  for (const name of [names.backupWorker, names.rotateWorker]) {
    const { used, refused } = usageOf(name);
    expect([...refused]).toEqual([]);
    expect(used.get('s3:ListBucketVersions')).toBeGreaterThan(0);
  }
  expect(usageOf(names.backupWorker).used.get('s3:PutObject')).toBeGreaterThan(1);
  expect(usageOf(names.rotateWorker).used.get('s3:GetObjectVersion')).toBeGreaterThan(1);
});

it('a role writes nothing over an entry, though no policy of the bucket forbids it', async () => {
  const { s3 } = bench.clientsOf(names.backupWorker);
  const [Key = ''] = bench.cloud.sandbox.s3.keys(bucket, 'ledger/');
  expect(Key).toMatch(/^ledger\/fleet\//);
  await expect(s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '{}' }))).rejects.toThrow(
    'not authorized to perform: s3:PutObject',
  );
});
