import { instanceState } from './services/ec2/model/instances.ts';
import type { InstanceRecord } from './services/ec2/model/records.ts';
import type { Ec2 } from './services/ec2/service.ts';
import type { ManagedInstance, ManagedInstances } from './services/ssm/model.ts';
import type { World } from './world.ts';

/**
 * Which instances Systems Manager manages: every machine is taken to run the agent, which may register as soon as
 * it runs with an instance profile. A stopped machine stays registered and has lost its connection.
 */
export function managedInstances(world: World, ec2: Ec2): ManagedInstances {
  return (account, region) => {
    const now = world.now();
    const state = ec2.region(region);
    const managed: ManagedInstance[] = [];
    for (const instance of state.instances.values()) {
      if (instance.owner !== account || !instance.profile) continue;
      const name = instanceState(instance, now);
      if (name === 'pending' || name === 'shutting-down' || name === 'terminated') continue;
      const primary = state.interfaces.get(instance.interfaces[0] ?? '');
      managed.push({
        ...describe(instance),
        pingStatus: name === 'running' ? 'Online' : 'ConnectionLost',
        ...(primary ? { ipAddress: primary.privateIp } : {}),
      });
    }
    return managed;
  };
}

function describe(instance: InstanceRecord): Omit<ManagedInstance, 'pingStatus'> {
  return {
    instanceId: instance.id,
    platformType: 'Linux',
    registeredAt: instance.launchedAt,
    tags: Object.fromEntries(instance.tags),
    ...(instance.profile ? { iamRole: instance.profile.name } : {}),
  };
}
