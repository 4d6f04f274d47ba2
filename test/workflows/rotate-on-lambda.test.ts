import { DeregisterImageCommand, DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseScheduled } from '../../functions/handlers/events.ts';
import { startOnce } from '../../functions/handlers/executions.ts';
import { createRotateEntry } from '../../functions/handlers/rotate-entry.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { type Cloud, region, startCloud } from '../support/cloud.ts';
import { type Deployed, deploy, deployment, liveArn } from '../support/deployed.ts';
import { aPlan } from '../support/plans.ts';
import { capturePrinted, type Printed } from '../support/printed.ts';

const day = 24 * 3600 * 1000;
let cloud: Cloud;
let deployed: Deployed;
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

const metric = (name: string): unknown[] => printed.metrics().flatMap((line) => line[name] ?? []);

const keepTwo = {
  last: 2,
  minimum: 1,
  maxDeletePercent: 50,
  partialKeep: { years: 0, months: 0, days: 7, hours: 0 },
};

/** As the schedule of a plan delivers it, to the start function. */
async function deliver(plan: string): Promise<void> {
  const scheduledTime = `${new Date(cloud.clock.now()).toISOString().slice(0, 16)}:00Z`;
  const order = parseScheduled({ plan, scheduledTime });
  await startOnce({ lambda: deployed.clients.lambda, workerArn: liveArn('backupWorker'), deployment }, order);
  await deployed.settled();
}

async function images(): Promise<string[]> {
  const { Images = [] } = await deployed.clients.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  return Images.flatMap(({ ImageId }) => ImageId ?? []);
}

const entry = () =>
  createRotateEntry({
    environment: { ...deployed.environment, workerArn: liveArn('rotateWorker') },
    lambda: deployed.clients.lambda,
    logger: silentLogger,
    clock: deployed.waitingClock,
  });

describe('rotation as it is deployed', () => {
  it('follows every backup that a schedule starts, and keeps what the policy keeps', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan({ retention: keepTwo })]);
    for (let run = 0; run < 4; run += 1) {
      await deliver('fleet');
      cloud.clock.advance(day);
    }
    expect(deployed.executions.map(({ worker, ended }) => `${worker} ${ended.status}`)).toEqual(
      Array.from({ length: 4 }, () => [
        'prod-eu-backup-worker SUCCEEDED',
        'prod-eu-rotate-worker SUCCEEDED',
      ]).flat(),
    );
    expect(await images()).toHaveLength(2);
    expect(metric('RotationRemoved')).toEqual([0, 0, 1, 1]);
    expect(metric('RotationRefused')).toEqual([0, 0, 0, 0]);
    for (const age of metric('LastCompleteBackupAge')) expect(age).toBeLessThan(3600);
    expect(deployed.messages()).toEqual([]);
    deployed.clients.destroy();
  });

  it('starts one rotation of a slot, however often its backup is delivered', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan()]);
    const order = { plan: 'fleet', slot: '2026-11-20T02:00:00Z' };
    const worker = { lambda: deployed.clients.lambda, workerArn: liveArn('backupWorker'), deployment };
    await startOnce(worker, order);
    await deployed.settled();
    await startOnce(worker, order);
    await deployed.run('backupWorker', order);
    await deployed.settled();
    const rotations = deployed.executions.filter(({ worker: name }) => name === 'prod-eu-rotate-worker');
    expect(rotations.map(({ event }) => event)).toEqual([{ plan: 'fleet' }]);
    deployed.clients.destroy();
  });

  it('runs once a day for all plans, and tells the age of their newest complete backups', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan(), aPlan({ name: 'never' })]);
    await deliver('fleet');
    cloud.clock.advance(3 * day);
    printed.forget();
    const answer = await entry()({ scheduledTime: '2026-11-23T05:17:00Z' });
    await deployed.settled();
    expect(answer.rotations.map(({ plan, executionName, state }) => [plan, executionName, state])).toEqual([
      ['fleet', 'prod-eu-fleet-20261123t0517-rd', 'accepted'],
      ['never', 'prod-eu-never-20261123t0517-rd', 'accepted'],
    ]);
    const [age, ...more] = metric('LastCompleteBackupAge');
    expect(age).toBeGreaterThanOrEqual((3 * day) / 1000);
    // A plan without a complete backup has no age: alarms take missing data for a breach.
    expect(more).toEqual([]);
    deployed.clients.destroy();
  });

  it('deletes nothing when a guard refuses, and tells people with the digest; that digest confirms', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan({ retention: { ...keepTwo, last: 9 } })]);
    for (let run = 0; run < 5; run += 1) {
      await deliver('fleet');
      cloud.clock.advance(day);
    }
    deployed.clients.destroy();
    deployed = await deploy(cloud, [aPlan({ retention: { ...keepTwo, last: 1, maxDeletePercent: 20 } })]);
    printed.forget();
    await entry()({ plan: 'fleet' });
    await deployed.settled();
    expect(await images()).toHaveLength(5);
    expect(metric('RotationRefused')).toEqual([1]);
    const [message] = deployed.messages();
    expect(message?.subject).toBe('Snapkeep prod-eu: rotation of fleet was refused');
    const confirm = /--confirm ([0-9a-f]{12})/.exec(message?.message ?? '')?.[1];
    cloud.clock.advance(60_000);
    await entry()({ plan: 'fleet' });
    await deployed.settled();
    expect(metric('RotationRefused')).toEqual([1, 1]);
    // Nobody wants to hear that after every backup of a day.
    expect(deployed.messages()).toHaveLength(1);
    cloud.clock.advance(60_000);
    await entry()({ plan: 'fleet', confirm });
    await deployed.settled();
    expect(await images()).toHaveLength(1);
    deployed.clients.destroy();
  });

  it('tells people of an image that somebody else deregistered', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan()]);
    await deliver('fleet');
    const [gone = ''] = await images();
    await deployed.clients.ec2.send(new DeregisterImageCommand({ ImageId: gone }));
    cloud.clock.advance(day);
    printed.forget();
    await deployed.run('rotateWorker', { plan: 'fleet' });
    expect(metric('RotationFindings')).toEqual([1]);
    const [message] = deployed.messages();
    expect(message?.subject).toBe('Snapkeep prod-eu: rotation of fleet found damage');
    expect(message?.message).toContain(gone);
    await deployed.run('rotateWorker', { plan: 'fleet' });
    expect(deployed.messages()).toHaveLength(1);
    cloud.clock.advance(day);
    await deployed.run('rotateWorker', { plan: 'fleet' });
    expect(deployed.messages()).toHaveLength(2);
    deployed.clients.destroy();
  });

  it('answers a dry run with the decisions, and changes nothing', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan({ retention: { ...keepTwo, last: 9 } })]);
    for (let run = 0; run < 3; run += 1) {
      await deliver('fleet');
      cloud.clock.advance(day);
    }
    deployed.clients.destroy();
    deployed = await deploy(cloud, [aPlan({ retention: keepTwo })]);
    const ended = await deployed.run('rotateWorker', { plan: 'fleet', dryRun: true });
    const outlook = ended.status === 'SUCCEEDED' ? JSON.parse(ended.result) : {};
    expect(outlook).toMatchObject({ plan: 'fleet', remove: 1, keep: 2, refusals: [], findings: [] });
    // The newest first, as the command line prints them.
    expect(outlook.decisions).toMatchObject([
      { decision: 'keep' },
      { decision: 'keep' },
      { decision: 'remove', source: expect.stringMatching(/^ec2\/i-/) },
    ]);
    expect(await images()).toHaveLength(3);
    deployed.clients.destroy();
  });

  it('fails with a message when it cannot list everything, and deletes nothing', async () => {
    cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
    deployed = await deploy(cloud, [aPlan()]);
    await deliver('fleet');
    const ended = await deployed.run('rotateWorker', { plan: 'unknown' });
    expect(ended).toMatchObject({ status: 'FAILED' });
    expect(deployed.messages().at(-1)).toMatchObject({
      subject: 'Snapkeep prod-eu: rotation of unknown failed',
      message: expect.stringContaining('there is no plan "unknown"'),
    });
    expect(await images()).toHaveLength(1);
    deployed.clients.destroy();
  });
});
