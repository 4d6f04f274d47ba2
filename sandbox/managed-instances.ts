import { reachesSystemsManager } from './machine-network.ts';
import type { Machines } from './machines/machines.ts';
import { instanceState } from './services/ec2/model/instances.ts';
import type { InstanceRecord } from './services/ec2/model/records.ts';
import type { Ec2 } from './services/ec2/service.ts';
import type { ManagedInstance, ManagedInstances } from './services/ssm/model.ts';
import type { World } from './world.ts';

/**
 * Which instances Systems Manager manages: every machine is taken to run the agent, which registers some seconds after
 * the boot if the machine has an instance profile and its security groups let it out to port 443. From then on it
 * stays registered; stopped, or shut in, it has lost its connection.
 */
export function managedInstances(world: World, ec2: Ec2, machines: Machines): ManagedInstances {
  /** Instances that have reported at least once. */
  const registered = new Map<string, number>();

  return (account, region) => {
    const now = world.now();
    const state = ec2.region(region);
    const managed: ManagedInstance[] = [];
    for (const instance of state.instances.values()) {
      if (instance.owner !== account || !instance.profile) continue;
      const name = instanceState(instance, now);
      if (name === 'pending' || name === 'shutting-down' || name === 'terminated') continue;
      const powerOn = instance.machine
        .events(now)
        .findLast(({ kind }) => kind === 'boot' || kind === 'start');
      // A machine that nobody has switched on was always there, and its agent with it.
      const upAt = powerOn ? powerOn.at + machines.settings.agentSeconds * 1000 : instance.launchedAt;
      const online = name === 'running' && upAt <= now && reachesSystemsManager(state, instance);
      const registeredAt = registered.get(instance.id) ?? (online || !powerOn ? upAt : undefined);
      if (registeredAt === undefined) continue;
      registered.set(instance.id, registeredAt);
      const primary = state.interfaces.get(instance.interfaces[0] ?? '');
      managed.push({
        ...describe(instance),
        registeredAt,
        agentVersion: machines.agentVersions.get(instance.id) ?? machines.settings.agentVersion,
        pingStatus: online ? 'Online' : 'ConnectionLost',
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
    tags: Object.fromEntries(instance.tags),
    ...(instance.profile ? { iamRole: instance.profile.name } : {}),
  };
}
