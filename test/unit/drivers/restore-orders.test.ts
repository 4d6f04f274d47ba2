import { describe, expect, it } from 'vitest';
import type { AvailablePoint, Relaunch } from '../../../functions/catalog/documents.ts';
import * as cluster from '../../../functions/drivers/aurora-cluster/restore-order.ts';
import {
  clientToken,
  describeLaunch,
  launchInput,
  omissionsOf,
} from '../../../functions/drivers/ec2-ami/launch-order.ts';
import * as instance from '../../../functions/drivers/rds-instance/restore-order.ts';
import { recordAt, recordsAt, tagsOfRestored, textAt, textsAt } from '../../../functions/drivers/recorded.ts';
import type { DatabaseOrder, MachineOrder } from '../../../functions/drivers/restorer.ts';
import type { SourceKind } from '../../../functions/shared/source.ts';

const pointOf = (kind: SourceKind, id: string, relaunch: Relaunch): AvailablePoint => ({
  source: { kind, id, region: 'eu-west-1' },
  relaunch,
  status: 'available',
  consistency: 'crash',
  id: kind === 'ec2' ? 'ami-0123456789abcdef0' : `snapkeep-prod-eu-${id}`,
  name: 'copy',
  snapshots: [],
  bytes: 0,
  created_at: '2026-11-20T02:00:00Z',
});
const identity = {
  deployment: 'prod-eu',
  plan: 'ci',
  backupId: '1795140000_2026_11_20_ci',
  restoreId: 'restore-1',
};
const databaseOrder = (kind: 'rds' | 'aurora', relaunch: Relaunch): DatabaseOrder => ({
  identity,
  point: pointOf(kind, 'shop', relaunch),
});
const machineOrder = (relaunch: Relaunch, change: Partial<MachineOrder> = {}): MachineOrder => ({
  identity,
  point: pointOf('ec2', 'i-0123456789abcdef0', relaunch),
  launchGroups: ['sg-quarantine'],
  ...change,
});

describe('what was recorded', () => {
  it('is read without trust in its types', () => {
    const odd: Relaunch = {
      text: 5,
      list: ['a', 1, '', null],
      record: ['x'],
      records: [{ a: 1 }, 'b', null],
    };
    expect(textAt(odd, 'text')).toBeUndefined();
    expect(textAt({ text: '' }, 'text')).toBeUndefined();
    expect(textsAt(odd, 'list')).toEqual(['a']);
    expect(textsAt(odd, 'absent')).toEqual([]);
    expect(recordAt(odd, 'record')).toEqual({});
    expect(recordsAt(odd, 'records')).toEqual([{ a: 1 }]);
  });

  it('gives tags without reserved ones, and never more than fifty', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
    const own = { 'snapkeep:restore': 'restore-1', 'snapkeep:source': 'ec2/i-1' };
    const { tags, dropped } = tagsOfRestored({ tags: { 'aws:x': '1', 'Snapkeep:y': '2', ...many } }, own);
    expect(tags).toHaveLength(50);
    expect(tags.slice(-2).map(({ Key }) => Key)).toEqual(Object.keys(own));
    expect(dropped).toEqual(['k48', 'k49']);
    expect(tags.some(({ Key }) => /^(aws|snapkeep):[xy]/i.test(Key))).toBe(false);
  });
});

describe('the storage of a restored instance', () => {
  const storageOf = (storage: Relaunch) => {
    const { StorageType, Iops, StorageThroughput } = instance.restoreInput(databaseOrder('rds', { storage }));
    return { StorageType, Iops, StorageThroughput };
  };
  it.each([
    ['is left at what every small gp3 volume has', { type: 'gp3', iops: 3000, throughput: 125 }, {}],
    [
      'is as recorded where more was asked for',
      { type: 'gp3', iops: 12_000, throughput: 500 },
      { Iops: 12_000, StorageThroughput: 500 },
    ],
    ['is as recorded where it is provisioned', { type: 'io1', iops: 1000 }, { Iops: 1000 }],
    ['has no figures on gp2', { type: 'gp2', iops: 300 }, {}],
  ])('%s', (_, storage, figures) => {
    expect(storageOf(storage)).toEqual({ StorageType: storage.type, ...figures });
  });
});

describe('a restored instance', () => {
  it('is asked for with everything that RDS would replace by defaults, and nothing undefined', () => {
    const input = instance.restoreInput(
      databaseOrder('rds', {
        instance_class: 'db.m7g.large',
        parameter_groups: ['pg'],
        option_groups: ['og'],
        subnet_group: 'subnets',
        vpc_security_groups: ['sg-1', 'sg-2'],
        endpoint: { address: 'shop.x.rds.amazonaws.com', port: 6543 },
        multi_az: true,
        publicly_accessible: false,
        network_type: 'DUAL',
        deletion_protection: true,
        tags: { Role: 'shop', 'rds:own': 'x' },
      }),
    );
    expect(input).toEqual({
      DBInstanceIdentifier: expect.stringMatching(/^shop-r[0-9a-f]{8}$/),
      DBSnapshotIdentifier: 'snapkeep-prod-eu-shop',
      DBInstanceClass: 'db.m7g.large',
      DBSubnetGroupName: 'subnets',
      VpcSecurityGroupIds: ['sg-1', 'sg-2'],
      DBParameterGroupName: 'pg',
      OptionGroupName: 'og',
      Port: 6543,
      MultiAZ: true,
      PubliclyAccessible: false,
      NetworkType: 'DUAL',
      DeletionProtection: true,
      Tags: [
        { Key: 'Role', Value: 'shop' },
        { Key: 'snapkeep:restore', Value: 'restore-1' },
        { Key: 'snapkeep:restored-by', Value: 'prod-eu' },
        { Key: 'snapkeep:source', Value: 'rds/shop' },
      ],
    });
    expect(Object.values(input)).not.toContain(undefined);
  });
});

describe('a restored cluster', () => {
  const members = [
    { id: 'shop-b', writer: true, class: 'db.serverless', promotion_tier: 0 },
    { id: 'shop-a', writer: false, class: 'db.r7g.large', promotion_tier: 2, parameter_group: 'pg' },
  ];

  it('of Aurora gets its members, the writer first, and its scaling', () => {
    const order = databaseOrder('aurora', {
      engine: 'aurora-postgresql',
      engine_version: '16.4',
      engine_mode: 'provisioned',
      serverless_v2: { min: 0.5, max: 8 },
      members,
    });
    expect(cluster.restoreInput(order)).toMatchObject({
      Engine: 'aurora-postgresql',
      EngineVersion: '16.4',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
    });
    expect(cluster.restoreInput(order)).not.toHaveProperty('EngineMode');
    const target = cluster.targetId(order);
    expect(cluster.plannedMembers(order).map(({ input }) => input)).toMatchObject([
      { DBInstanceIdentifier: `${target}-1`, DBInstanceClass: 'db.serverless', PromotionTier: 0 },
      { DBInstanceIdentifier: `${target}-2`, DBInstanceClass: 'db.r7g.large', DBParameterGroupName: 'pg' },
    ]);
  });

  it('of the first serverless generation has no members, and its own scaling', () => {
    const order = databaseOrder('aurora', {
      engine: 'aurora-mysql',
      engine_mode: 'serverless',
      serverless_v1: { min: 1, max: 4, auto_pause: true, seconds_until_auto_pause: 300 },
      members,
    });
    expect(cluster.plannedMembers(order)).toEqual([]);
    expect(cluster.restoreInput(order)).toMatchObject({
      EngineMode: 'serverless',
      ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 4, AutoPause: true, SecondsUntilAutoPause: 300 },
    });
  });

  it('in several zones makes its instances itself, of the recorded class and storage', () => {
    const order = databaseOrder('aurora', {
      engine: 'postgres',
      cluster_instance_class: 'db.m6gd.large',
      storage: { type: 'io1', iops: 3000 },
      members,
    });
    expect(cluster.plannedMembers(order)).toEqual([]);
    expect(cluster.restoreInput(order)).toMatchObject({
      DBClusterInstanceClass: 'db.m6gd.large',
      StorageType: 'io1',
      Iops: 3000,
    });
  });
});

describe('a launch', () => {
  const relaunch: Relaunch = {
    instance_type: 'm7i.large',
    subnet: 'subnet-1',
    instance_profile: 'arn:aws:iam::123456789012:instance-profile/ci',
    public_ip: '203.0.113.20',
    ebs_optimized: true,
    tenancy: 'dedicated',
    ipv6: ['2001:db8::1'],
    network_interfaces: [
      { device_index: 1, subnet: 'subnet-2', private_ips: ['10.0.2.5'] },
      { device_index: 0, private_ips: ['10.0.1.67', '10.0.1.68'], source_dest_check: false },
    ],
    block_devices: [{ device: '/dev/xvda', delete_on_termination: true }, { device: '/dev/sdf' }],
    metadata_options: {
      http_tokens: 'optional',
      http_endpoint: 'disabled',
      instance_metadata_tags: 'enabled',
    },
  };

  it('has a token of at most 64 characters that another restore or source never shares', () => {
    const token = clientToken(machineOrder(relaunch));
    expect(token).toMatch(/^snapkeep-[0-9a-f]{48}$/);
    expect(clientToken(machineOrder({}, { instanceType: 't3.small' }))).toBe(token);
    expect(clientToken({ ...machineOrder({}), identity: { ...identity, restoreId: 'other' } })).not.toBe(
      token,
    );
    expect(clientToken({ ...machineOrder({}), identity: { ...identity, deployment: 'dev' } })).not.toBe(
      token,
    );
  });

  it('in the old subnet has the public address and the number of IPv6 addresses that the old machine had', () => {
    expect(launchInput(machineOrder(relaunch))).toMatchObject({
      EbsOptimized: true,
      Placement: { Tenancy: 'dedicated' },
      IamInstanceProfile: { Arn: relaunch.instance_profile },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true } }],
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', InstanceMetadataTags: 'enabled' },
      NetworkInterfaces: [
        {
          SubnetId: 'subnet-1',
          Groups: ['sg-quarantine'],
          AssociatePublicIpAddress: true,
          Ipv6AddressCount: 1,
        },
      ],
    });
    const [stopped] =
      launchInput(machineOrder({ ...relaunch, public_ip: undefined, state: 'stopped' })).NetworkInterfaces ??
      [];
    expect(stopped).not.toHaveProperty('AssociatePublicIpAddress');
  });

  it('elsewhere leaves addresses to the other subnet, and another type to its own ways', () => {
    const input = launchInput(
      machineOrder(relaunch, { subnet: 'subnet-9', instanceType: 't2.micro', instanceProfile: 'restored' }),
    );
    const [network] = input.NetworkInterfaces ?? [];
    expect(network).not.toHaveProperty('AssociatePublicIpAddress');
    expect(network).not.toHaveProperty('Ipv6AddressCount');
    expect(input).not.toHaveProperty('EbsOptimized');
    expect(input.IamInstanceProfile).toEqual({ Name: 'restored' });
  });

  it('names only devices that the image has', () => {
    expect(launchInput(machineOrder(relaunch), new Set(['/dev/sdf']))).not.toHaveProperty(
      'BlockDeviceMappings',
    );
  });

  it('tells what it does not bring back', () => {
    expect(omissionsOf(machineOrder(relaunch))).toEqual([
      expect.stringContaining('device index 1 (subnet-2, 10.0.2.5)'),
      expect.stringContaining('10.0.1.68'),
      expect.stringContaining('source/destination check'),
      expect.stringContaining('metadata service'),
    ]);
    expect(omissionsOf(machineOrder({ subnet: 'subnet-1' }))).toEqual([]);
    expect(omissionsOf(machineOrder({ tenancy: 'host' }))).toEqual([
      expect.stringContaining('dedicated host'),
    ]);
  });

  it('is described without what is not there', () => {
    const [call] = describeLaunch(machineOrder({ instance_type: 'm7i.large' }), { moveElasticIp: false });
    expect(call?.parameters).not.toHaveProperty('KeyName');
    expect(call?.parameters).toMatchObject({ InstanceType: 'm7i.large', MinCount: 1, MaxCount: 1 });
  });
});
