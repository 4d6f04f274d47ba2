import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { account, type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { aPlan, auroraByIds, ec2ByIds, ec2ByTags, rdsByIds } from '../support/plans.ts';

const input = { plan: 'fleet', slot: '2026-11-20T02:00:00Z' };
let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
});

const addInstance = (tags: Record<string, string> = { Backup: 'yes' }) =>
  cloud.sandbox.ec2.seed(region).addInstance({ tags });

async function backup(plan = aPlan()) {
  const process = startProcess(cloud, { plans: [plan] });
  const { backupId } = await process
    .engine()
    .run(backupWorkflow(process.deps), { ...input, plan: plan.name });
  const manifest = await process.ledger.readManifest(plan.name, backupId);
  if (!manifest) throw new Error('not sealed');
  return manifest;
}

describe('a backup against the sandbox', () => {
  it('makes an AMI without a reboot, an RDS snapshot and a cluster snapshot, and seals them', async () => {
    const instance = cloud.sandbox.ec2
      .seed(region)
      .addInstance({ tags: { Backup: 'yes' }, privateIp: '172.31.0.77' });
    const databases = cloud.sandbox.rds.seed(account, region);
    databases.addInstance({ id: 'circle-db' });
    databases.addCluster({ id: 'shop', members: [{ id: 'shop-1' }, { id: 'shop-2' }] });
    const plan = aPlan({
      sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('circle-db'), auroraByIds('shop')],
    });
    const manifest = await backup(plan);
    expect(manifest.errors).toEqual([]);
    expect(manifest.status).toBe('completed');
    expect(manifest.recovery_points.map(({ source }) => `${source.kind}/${source.id}`)).toEqual([
      `ec2/${instance.id}`,
      'rds/circle-db',
      'aurora/shop',
    ]);
    const [machine, database, cluster] = manifest.recovery_points;
    expect(machine).toMatchObject({
      id: expect.stringMatching(/^ami-[0-9a-f]{17}$/),
      snapshots: [expect.stringMatching(/^snap-/)],
      bytes: 8 * 2 ** 30,
      relaunch: { private_ip: '172.31.0.77', security_groups: [expect.stringMatching(/^sg-/)] },
    });
    expect(database?.relaunch).toMatchObject({ engine: 'postgres', endpoint: { port: 5432 } });
    expect(cluster?.relaunch.members).toHaveLength(2);
    expect(
      cloud.sandbox.ec2
        .machine(instance.id)
        .events(cloud.clock.now())
        .map(({ kind }) => kind),
    ).not.toContain('reboot');
  });

  it('keeps going when a database is stopped, and names it', async () => {
    addInstance();
    cloud.sandbox.rds.seed(account, region).addInstance({ id: 'sleeper', status: 'stopped' });
    const manifest = await backup(aPlan({ sources: [ec2ByTags({ Backup: 'yes' }), rdsByIds('sleeper')] }));
    expect(manifest.status).toBe('partial');
    expect(manifest.errors).toEqual([expect.stringMatching(/^rds\/sleeper: .*stopped/)]);
  });

  it('names an instance that is not there', async () => {
    const { id } = addInstance();
    const manifest = await backup(aPlan({ sources: [ec2ByIds(id, 'i-0deadbeefdeadbeef')] }));
    expect(manifest.status).toBe('partial');
    expect(manifest.errors).toEqual([
      'ec2/i-0deadbeefdeadbeef: no instance i-0deadbeefdeadbeef exists in eu-west-1',
    ]);
  });

  it('names a snapshot that ends in error, with what EC2 says, and keeps its AMI in the manifest', async () => {
    const broken = addInstance();
    addInstance();
    cloud.sandbox.ec2.failVolume(broken.devices[0]?.volumeId ?? '', 'the volume has an I/O error');
    const manifest = await backup();
    expect(manifest.status).toBe('partial');
    expect(manifest.errors).toEqual([expect.stringContaining(`ec2/${broken.id}: `)]);
    expect(manifest.recovery_points.find(({ status }) => status === 'failed')).toMatchObject({
      id: expect.stringMatching(/^ami-/),
    });
  });

  it('waits for the quota of pending snapshots and fails no source', async () => {
    for (let n = 0; n < 25; n += 1) addInstance();
    cloud.sandbox.ec2.settings.pendingSnapshotsPerAccount = 4;
    const manifest = await backup();
    expect(manifest.errors).toEqual([]);
    expect(manifest.recovery_points).toHaveLength(25);
  });

  it('survives answers that get lost and services that stumble', async () => {
    for (let n = 0; n < 10; n += 1) addInstance();
    cloud.sandbox.faults.add({
      service: 'ec2',
      action: 'CreateImage',
      code: 'InternalError',
      status: 500,
      when: 'after',
      probability: 0.4,
    });
    cloud.sandbox.faults.add({
      service: 's3',
      action: 'PutObject',
      code: 'InternalError',
      status: 500,
      when: 'after',
      times: 2,
    });
    cloud.sandbox.s3.switches.conflicts = 2;
    const manifest = await backup();
    expect(manifest.errors).toEqual([]);
    expect(cloud.sandbox.ec2.region(region).images.size).toBe(10);
  });

  it('adopts its own images although Describe shows them late', async () => {
    await cloud.close();
    cloud = await startCloud({ consistencySeconds: 5 });
    for (let n = 0; n < 5; n += 1) addInstance();
    const [one, other] = await Promise.all([backup(), backup()]);
    expect(one).toEqual(other);
    expect(one.status).toBe('completed');
    expect(cloud.sandbox.ec2.region(region).images.size).toBe(5);
  });

  it('refuses an image of its name that somebody else has made', async () => {
    const { id } = addInstance();
    const manifest = await backup();
    const name = manifest.recovery_points[0]?.status === 'available' ? manifest.recovery_points[0].name : '';
    await cloud.close();
    cloud = await startCloud();
    cloud.sandbox.ec2.seed(region).addInstance({ id, tags: { Backup: 'yes' } });
    cloud.sandbox.ec2.seed(region).addImage({ name });
    const second = await backup();
    expect(second.errors).toEqual([expect.stringContaining(`the name ${name} is taken by ami-`)]);
  });
});
