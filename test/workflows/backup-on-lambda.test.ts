import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { createBackupHandler } from '../../functions/handlers/backup-runtime.ts';
import type { Plan } from '../../functions/plan/config.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, bucket, type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { DurableBackend } from '../support/durable-backend.ts';
import { aPlan, ec2ByTags, rdsByIds } from '../support/plans.ts';
import { capturePrinted, type Printed } from '../support/printed.ts';

const slot = '2026-11-20T02:00:00Z';
const workerArn = `arn:aws:lambda:${region}:${account}:function:prod-eu-backup-worker:live`;
let cloud: Cloud;
let printed: Printed;

beforeEach(async () => {
  cloud = await startCloud();
  printed = capturePrinted();
});
afterEach(async () => {
  vi.restoreAllMocks();
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
});

interface Run {
  readonly plan?: Plan;
  readonly crash?: (index: number, phase: 'before' | 'after') => boolean;
}

/** The deployed worker: its handler, behind a service of its own, over the sandbox. */
async function runWorker({ plan = aPlan(), crash }: Run) {
  const makeClients = () =>
    createAwsClients({
      region,
      endpoint: cloud.sandbox.url,
      credentials: cloud.sandbox.identity,
      clock: cloud.clock,
      rates: unpaced,
    });
  const clients = makeClients();
  const { TopicArn: topicArn = '' } = await clients.sns.send(new CreateTopicCommand({ Name: 'snapkeep' }));
  const handlers = new Map<string, DurableLambdaHandler>();
  const backend = new DurableBackend({
    clock: cloud.clock,
    functions: handlers,
    ...(crash ? { crash } : {}),
  });
  const handler = createBackupHandler({
    environment: {
      config: {
        deployment: 'prod-eu',
        vault: { bucket },
        plans: { [plan.name]: plan },
      },
      snapkeepVersion: '0.0.0-test',
      region,
      backupWorkerArn: workerArn,
      rotateWorkerArn: `arn:aws:lambda:${region}:${account}:function:prod-eu-rotate-worker:live`,
      topicArn,
    },
    logger: silentLogger,
    clock: cloud.clock,
    makeClients,
    durableClient: backend.client,
  });
  handlers.set(workerArn, handler);
  const ended = await backend.run(handler, 'run', JSON.stringify({ plan: plan.name, slot }));
  const { ledger } = startProcess(cloud, { plans: [plan] });
  const manifest = await ledger.readManifest(plan.name, `1795140000_2026_11_20_${plan.name}`);
  const { Images: images = [] } = await clients.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const messages = cloud.sandbox.sns.messages(topicArn).map(({ subject, message }) => ({ subject, message }));
  clients.destroy();
  return { ended, manifest, images, messages };
}

const addInstance = () => cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });

describe('the deployed backup worker', () => {
  it('seals the backup of a slot, and publishes its metrics', async () => {
    addInstance();
    addInstance();
    const { ended, manifest } = await runWorker({});
    expect(ended.status).toBe('SUCCEEDED');
    expect(manifest).toMatchObject({ status: 'completed', snapkeep_version: '0.0.0-test' });
    expect(printed.metrics()).toEqual([
      expect.objectContaining({
        deployment: 'prod-eu',
        plan: 'fleet',
        BackupCompleted: 1,
        BackupPartial: 0,
        BackupFailed: 0,
        RecoveryPoints: 2,
        FailedSources: 0,
        DurationSeconds: expect.any(Number),
        _aws: expect.objectContaining({
          CloudWatchMetrics: [
            expect.objectContaining({ Namespace: 'Snapkeep', Dimensions: [['deployment', 'plan']] }),
          ],
        }),
      }),
    ]);
  });

  it('tells people of a partial backup, with the source and its reason', async () => {
    addInstance();
    cloud.sandbox.rds.seed(account, region).addInstance({ id: 'sleeper', status: 'stopped' });
    const plan = aPlan({ sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('sleeper')] });
    const { manifest, messages } = await runWorker({ plan });
    expect(manifest?.status).toBe('partial');
    expect(printed.metrics()[0]).toMatchObject({ BackupPartial: 1, RecoveryPoints: 1, FailedSources: 1 });
    expect(messages).toEqual([
      {
        subject: 'Snapkeep prod-eu: backup of fleet is partial',
        message: expect.stringMatching(/rds\/sleeper: .*stopped/),
      },
    ]);
  });

  it('tells people of a run that ended without a backup, and fails its execution', async () => {
    const { ended, manifest, messages } = await runWorker({});
    expect(manifest).toBeUndefined();
    expect(ended).toMatchObject({
      status: 'FAILED',
      error: { ErrorMessage: expect.stringContaining('plan fleet selects no source') },
    });
    expect(printed.metrics()[0]).toMatchObject({ BackupFailed: 1 });
    expect(messages).toEqual([
      {
        subject: 'Snapkeep prod-eu: backup of fleet failed',
        message: expect.stringContaining('What to do:'),
      },
    ]);
  });

  it('makes one backup without duplicates when its process dies around every third checkpoint', async () => {
    const instances = [addInstance(), addInstance(), addInstance()];
    let crashes = 0;
    const { manifest, images } = await runWorker({
      crash: (index, phase) => {
        const dies = index % 3 === 0 && phase === (index % 2 === 0 ? 'before' : 'after') && crashes < 8;
        if (dies) crashes += 1;
        return dies;
      },
    });
    expect(crashes).toBeGreaterThan(1);
    expect(manifest?.status).toBe('completed');
    expect(manifest?.recovery_points).toHaveLength(instances.length);
    expect(images).toHaveLength(instances.length);
  });
});
