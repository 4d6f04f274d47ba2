import type { AvailablePoint, Relaunch } from '../../functions/catalog/documents.ts';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { createEc2AmiDriver } from '../../functions/drivers/ec2-ami/driver.ts';
import { createEc2AmiRestorer } from '../../functions/drivers/ec2-ami/restorer.ts';
import type { MachineOrder, MachineRestorer, MachineStanding } from '../../functions/drivers/restorer.ts';
import { instanceState } from '../../sandbox/services/ec2/model/instances.ts';
import type { InstanceRecord } from '../../sandbox/services/ec2/model/records.ts';
import { type Cloud, region, startCloud } from './cloud.ts';
import { startRestoringClients } from './restorer-world.ts';

const run = { deployment: 'prod-eu', plan: 'ci', backupId: '1795140000_2026_11_20_ci' };

/** One machine in a network of its own, its backup, and places to restore it to. */
export interface MachineWorld {
  readonly cloud: Cloud;
  readonly clients: AwsClients;
  readonly restorer: MachineRestorer;
  readonly old: InstanceRecord;
  readonly point: AvailablePoint;
  readonly subnet: string;
  readonly otherSubnet: string;
  readonly groups: readonly string[];
  readonly quarantine: string;
  readonly elastic: { readonly allocationId: string; readonly publicIp: string };
  order(change?: Partial<MachineOrder> & { readonly restoreId?: string }): MachineOrder;
  passSeconds(seconds: number): void;
  /** Every instance that is not the old one and not gone. */
  others(): readonly InstanceRecord[];
  /** Launches, waits, and answers the machine's ID and standing. */
  restore(order: MachineOrder): Promise<{ readonly id: string; readonly standing: MachineStanding }>;
  close(): Promise<void>;
}

export async function startMachineWorld(): Promise<MachineWorld> {
  const cloud = await startCloud({ snapshotSeconds: 10 });
  const { clock, sandbox } = cloud;
  const clients = startRestoringClients(cloud);
  const seed = sandbox.ec2.seed(region);
  const { vpcId } = seed.addVpc({ cidr: '10.0.0.0/16' });
  const { subnetId: subnet } = seed.addSubnet({ vpcId, cidr: '10.0.1.0/24', zone: 'eu-west-1a' });
  const { subnetId: otherSubnet } = seed.addSubnet({ vpcId, cidr: '10.0.9.0/24', zone: 'eu-west-1b' });
  const groups = ['web', 'ops'].map((name) => seed.addSecurityGroup({ name, vpcId }).groupId);
  const quarantine = seed.addSecurityGroup({ name: 'quarantine', vpcId }).groupId;
  const elastic = seed.addAddress();
  seed.addKeyPair({ name: 'ops' });
  seed.addInstanceProfile({ name: 'ci' });
  seed.addInstanceProfile({ name: 'restored' });
  const old = seed.addInstance({
    type: 'm7i.large',
    subnetId: subnet,
    privateIp: '10.0.1.67',
    elasticIp: elastic.allocationId,
    securityGroups: groups,
    instanceProfile: 'ci',
    keyName: 'ops',
    userData: '#!/bin/sh\necho old',
    metadata: { HttpTokens: 'optional', HttpPutResponseHopLimit: 2 },
    volumes: [
      { device: '/dev/xvda', sizeGiB: 8, deleteOnTermination: false, encrypted: true },
      { device: '/dev/sdf', sizeGiB: 20, deleteOnTermination: true },
    ],
    tags: { Role: 'ci', Name: 'circleci', 'aws:autoscaling:groupName': 'x', 'snapkeep:plan': 'other' },
  });
  const driver = createEc2AmiDriver({ ec2: clients.ec2, region });
  const { sources } = await driver.discover({
    selections: [{ kind: 'ec2', select: { ids: [old.id] }, reboot: false }],
    withApplication: true,
  });
  const source = { kind: 'ec2' as const, id: old.id, region };
  const relaunch: Relaunch = JSON.parse(JSON.stringify(sources[0]?.relaunch ?? {}));
  const slot = '2026-11-20T02:00:00Z';
  const started = await driver.start({ ...run, source, relaunch, reboot: false, slot, attempt: 1 });
  if (started.state !== 'started') throw new Error(`no image was made: ${started.state}`);
  const passSeconds = (seconds: number): void => {
    clock.advance(seconds * 1000);
    sandbox.world.settle();
  };
  passSeconds(30);
  const point: AvailablePoint = {
    ...{ source, relaunch, status: 'available', consistency: 'crash', created_at: slot },
    ...{ id: started.id, name: started.name, snapshots: [], bytes: 0 },
  };
  const restorer = createEc2AmiRestorer({ ec2: clients.ec2 });
  return {
    ...{
      cloud,
      clients,
      restorer,
      old,
      point,
      subnet,
      otherSubnet,
      groups,
      quarantine,
      elastic,
      passSeconds,
    },
    order: ({ restoreId = 'restore-1', ...change } = {}) => ({
      identity: { ...run, restoreId },
      point,
      launchGroups: [quarantine],
      ...change,
    }),
    others: () =>
      [...sandbox.ec2.region(region).instances.values()].filter(
        (one) =>
          one.id !== old.id && !/terminated|shutting-down/.test(instanceState(one, sandbox.world.now())),
      ),
    restore: async (order) => {
      const launch = await restorer.launch(order);
      if (launch.state !== 'launched') throw new Error(`not launched: ${launch.reason}`);
      passSeconds(60);
      return { id: launch.id, standing: await restorer.poll({ id: launch.id }) };
    },
    close: async () => {
      clients.destroy();
      await cloud.close();
    },
  };
}
