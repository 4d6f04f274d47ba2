import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateImageCommand,
  CreateSnapshotCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyTree, removeTree } from '../../sandbox/machines/copy-tree.ts';
import { type Ec2Sandbox, startEc2 } from '../support/ec2-sandbox.ts';

let template: string;
let outside: string;

beforeEach(() => {
  const base = mkdtempSync(join(tmpdir(), 'ec2-machines-'));
  template = join(base, 'template');
  outside = join(base, 'outside');
  mkdirSync(join(template, 'etc'), { recursive: true });
  mkdirSync(join(template, 'data'));
  mkdirSync(outside);
  writeFileSync(join(template, 'etc/hostname'), 'old\n');
  writeFileSync(join(template, 'etc/secret'), 'x', { mode: 0o600 });
  writeFileSync(join(template, 'data/file'), 'on the data volume');
  writeFileSync(join(outside, 'private'), 'not of the machine');
  symlinkSync('../outside', join(template, 'escape'));
  symlinkSync('/etc/passwd', join(template, 'etc/absolute'));
});

afterEach(() => rmSync(join(template, '..'), { recursive: true, force: true }));

const hostnameOf = (root: string): string => readFileSync(join(root, 'etc/hostname'), 'utf8');

async function launch(sandbox: Ec2Sandbox, ImageId: string): Promise<string> {
  const answer = await sandbox.client.send(
    new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' }),
  );
  return answer.Instances?.[0]?.InstanceId ?? '';
}

const createImage = async (sandbox: Ec2Sandbox, InstanceId: string, Name: string): Promise<string> =>
  (await sandbox.client.send(new CreateImageCommand({ InstanceId, Name, NoReboot: true }))).ImageId ?? '';

describe.each(['cp', 'node'] as const)('copying a tree with %s', (tool) => {
  test('modes, times and links stay as they are, and nothing behind a link is copied', () => {
    const copy = join(template, '..', 'copy');
    copyTree(template, copy, { tool });
    expect(lstatSync(join(copy, 'etc/secret')).mode & 0o7777).toBe(0o600);
    expect(lstatSync(join(copy, 'etc/secret')).mtimeMs).toBeCloseTo(
      lstatSync(join(template, 'etc/secret')).mtimeMs,
      -1,
    );
    expect(lstatSync(join(copy, 'escape')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(join(copy, 'escape'))).toBe('../outside');
    expect(readlinkSync(join(copy, 'etc/absolute'))).toBe('/etc/passwd');
    writeFileSync(join(copy, 'etc/hostname'), 'changed');
    expect(hostnameOf(template)).toBe('old\n');
  });
});

test('what nobody may read or write is copied and removed all the same', () => {
  mkdirSync(join(template, 'sealed'));
  writeFileSync(join(template, 'sealed/shadow'), 'x');
  chmodSync(join(template, 'sealed/shadow'), 0);
  chmodSync(join(template, 'sealed'), 0o500);
  const copy = join(template, '..', 'copy');
  copyTree(template, copy);
  expect(lstatSync(join(copy, 'sealed/shadow'))).toMatchObject({ size: 1 });
  expect(lstatSync(join(copy, 'sealed/shadow')).mode & 0o777).toBe(0);
  expect(lstatSync(join(template, 'sealed/shadow')).mode & 0o777).toBe(0);
  removeTree(copy);
  expect(existsSync(copy)).toBe(false);
  chmodSync(join(template, 'sealed'), 0o700);
});

describe('machines', () => {
  test('a machine is its own copy of the template, made when somebody looks', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ tree: template });
    const root = sandbox.ec2.machine(id).root();
    expect(hostnameOf(root)).toBe('old\n');
    writeFileSync(join(root, 'etc/hostname'), 'new\n');
    expect(hostnameOf(template)).toBe('old\n');
    expect(sandbox.ec2.machine(id).root()).toBe(root);
  });

  test('an image holds what was there when its snapshot started: later than the call, before its completion', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ tree: template });
    const root = sandbox.ec2.machine(id).root();
    const ImageId = await createImage(sandbox, id, 'fixed');
    writeFileSync(join(root, 'etc/hostname'), 'after the call\n');
    sandbox.advance(2);
    writeFileSync(join(root, 'etc/hostname'), 'after the start\n');
    sandbox.advance(20);
    const copy = await launch(sandbox, ImageId);
    const copied = sandbox.ec2.machine(copy).root();
    expect(hostnameOf(copied)).toBe('after the call\n');
    expect(copied).not.toBe(root);
    expect(hostnameOf(root)).toBe('after the start\n');
  });

  test('a mounted volume is a snapshot of its own, and both come together again at launch', async () => {
    await using sandbox = await startEc2();
    const instance = sandbox.seed.addInstance({
      tree: template,
      volumes: [
        { device: '/dev/xvda', sizeGiB: 1 },
        { device: '/dev/sdf', sizeGiB: 1, mount: '/data' },
      ],
    });
    sandbox.ec2.machine(instance.id).root();
    const ImageId = await createImage(sandbox, instance.id, 'both');
    sandbox.advance(20);
    const image = sandbox.ec2.region('eu-west-1').images.get(ImageId);
    const [root, data] = image?.devices.map(({ snapshot }) => snapshot?.tree?.path ?? '') ?? [];
    expect(existsSync(join(root ?? '', 'etc/hostname'))).toBe(true);
    expect(existsSync(join(root ?? '', 'data'))).toBe(true);
    expect(existsSync(join(root ?? '', 'data/file'))).toBe(false);
    expect(readFileSync(join(data ?? '', 'file'), 'utf8')).toBe('on the data volume');
    const copy = sandbox.ec2.machine(await launch(sandbox, ImageId)).root();
    expect(readFileSync(join(copy, 'data/file'), 'utf8')).toBe('on the data volume');
  });

  test('a mount point behind a link leads nowhere', async () => {
    await using sandbox = await startEc2({ settings: { snapshotStartSeconds: 0 } });
    const instance = sandbox.seed.addInstance({
      tree: template,
      volumes: [
        { device: '/dev/xvda', sizeGiB: 1 },
        { device: '/dev/sdf', sizeGiB: 1, mount: '/escape' },
      ],
    });
    sandbox.ec2.machine(instance.id).root();
    const ImageId = await createImage(sandbox, instance.id, 'escaping');
    const devices = sandbox.ec2.region('eu-west-1').images.get(ImageId)?.devices;
    expect(devices?.[1]?.snapshot?.tree).toBeUndefined();
    expect(readFileSync(join(outside, 'private'), 'utf8')).toBe('not of the machine');
  });

  test('frozen trees are shared as long as nobody writes, and go with their last snapshot', async () => {
    await using sandbox = await startEc2({ settings: { snapshotStartSeconds: 0 } });
    const instance = sandbox.seed.addInstance({ tree: template });
    const root = sandbox.ec2.machine(instance.id).root();
    const { SnapshotId = '' } = await sandbox.client.send(
      new CreateSnapshotCommand({ VolumeId: instance.devices[0]?.volumeId }),
    );
    const ImageId = await createImage(sandbox, instance.id, 'image');
    sandbox.advance(20);
    const path = sandbox.ec2.region('eu-west-1').images.get(ImageId)?.devices[0]?.snapshot?.tree?.path ?? '';
    const unread = await launch(sandbox, ImageId);
    await sandbox.client.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    // The launched machine has not been looked at: it still needs the frozen tree of the snapshot that is gone.
    expect(existsSync(path)).toBe(true);
    expect(hostnameOf(sandbox.ec2.machine(unread).root())).toBe('old\n');
    expect(existsSync(path)).toBe(false);
    const own = sandbox.ec2.region('eu-west-1').snapshots.get(SnapshotId)?.tree?.path ?? '';
    expect(existsSync(own)).toBe(true);
    await sandbox.client.send(new DeleteSnapshotCommand({ SnapshotId }));
    expect(existsSync(own)).toBe(false);
    expect(existsSync(root)).toBe(true);
  });

  test('the disk of a terminated machine goes with it; the template stays', async () => {
    await using sandbox = await startEc2();
    const { id } = sandbox.seed.addInstance({ tree: template });
    const root = sandbox.ec2.machine(id).root();
    await sandbox.client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    sandbox.advance(2);
    expect(existsSync(root)).toBe(false);
    expect(existsSync(template)).toBe(true);
    expect(() => sandbox.ec2.machine(id).root()).toThrow('was terminated');
  });

  test('whoever runs machines hears of every boot, the first one with its user data', async () => {
    await using sandbox = await startEc2();
    const boots: unknown[] = [];
    sandbox.ec2.useMachines({
      onBoot: ({ instanceId, firstBoot, userData }) => boots.push({ instanceId, firstBoot, userData }),
    });
    const { id: ImageId } = sandbox.seed.addImage({ name: 'base' });
    const answer = await sandbox.client.send(
      new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1, UserData: 'aGVsbG8=' }),
    );
    const instanceId = answer.Instances?.[0]?.InstanceId ?? '';
    expect(boots).toEqual([]);
    sandbox.advance(1);
    await sandbox.client.send(new CreateImageCommand({ InstanceId: instanceId, Name: 'with reboot' }));
    sandbox.advance(2);
    expect(boots).toEqual([
      { instanceId, firstBoot: true, userData: 'aGVsbG8=' },
      { instanceId, firstBoot: false, userData: 'aGVsbG8=' },
    ]);
  });

  test('three thousand instances with images need neither disk nor much memory', async () => {
    await using sandbox = await startEc2({ settings: { pendingSnapshotsPerAccount: 'unlimited' } });
    const ids = Array.from({ length: 3000 }, () => sandbox.seed.addInstance({ tags: { Role: 'fleet' } }).id);
    const handler = sandbox.ec2.service.handlers.CreateImage;
    expect(handler).toBeDefined();
    for (let index = 0; index < ids.length; index += 50)
      await Promise.all(ids.slice(index, index + 50).map((id) => createImage(sandbox, id, `image of ${id}`)));
    sandbox.advance(20);
    const region = sandbox.ec2.region('eu-west-1');
    expect(region.images.size).toBe(3000);
    expect([...region.snapshots.values()].every(({ tree }) => tree === undefined)).toBe(true);
    expect(existsSync(join(sandbox.world.directory, 'trees'))).toBe(false);
  });
});
