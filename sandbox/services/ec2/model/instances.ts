import type { InstanceState, InstanceStateName } from '@aws-sdk/client-ec2';
import type { Machine } from '../../../machines/machine.ts';
import { ec2Error } from '../errors.ts';
import { deleteInterface } from './network.ts';
import type { InstanceRecord, VolumeRecord } from './records.ts';
import { isVisible, type RegionState } from './region.ts';

const stateCodes: Readonly<Record<InstanceStateName, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export const describeState = (name: InstanceStateName): InstanceState => ({
  Code: stateCodes[name],
  Name: name,
});

/** "Terminated instances remain visible after termination (for approximately one hour)". */
const terminatedVisibleMilliseconds = 3_600_000;

export function instanceState(instance: InstanceRecord, now: number): InstanceStateName {
  let state: InstanceStateName = 'pending';
  for (const phase of instance.phases) if (phase.at <= now) state = phase.state;
  return state;
}

/** When the present state began. */
export function stateSince(instance: InstanceRecord, now: number): number {
  let since = instance.createdAt;
  for (const phase of instance.phases) if (phase.at <= now) since = phase.at;
  return since;
}

/** Long terminated instances are as if they had never been. */
export const isForgotten = (instance: InstanceRecord, now: number): boolean =>
  instanceState(instance, now) === 'terminated' &&
  now - stateSince(instance, now) >= terminatedVisibleMilliseconds;

export const instanceLookup =
  (region: RegionState, account: string, now: number, options: { describing: boolean }) =>
  (id: string): InstanceRecord | undefined => {
    const instance = region.instances.get(id);
    if (instance?.owner !== account || isForgotten(instance, now)) return undefined;
    return options.describing && !isVisible(instance, now) ? undefined : instance;
  };

export function volumesOf(region: RegionState, instance: InstanceRecord): VolumeRecord[] {
  return instance.devices.flatMap(({ volumeId }) => region.volumes.get(volumeId) ?? []);
}

const wrongState = (instance: InstanceRecord, action: string): Error =>
  ec2Error(
    'IncorrectInstanceState',
    `The instance '${instance.id}' is not in a state from which it can be ${action}.`,
  );

export function checkStartable(instance: InstanceRecord, now: number): void {
  const state = instanceState(instance, now);
  if (state !== 'running' && state !== 'pending' && state !== 'stopped')
    throw wrongState(instance, 'started');
}

/** Power on: `pending`, then `running`. A running one stays as it is. */
export function startInstance(region: RegionState, instance: InstanceRecord, now: number): void {
  checkStartable(instance, now);
  if (instanceState(instance, now) !== 'stopped') return;
  const runningAt = now + region.shared.settings.instancePendingSeconds * 1000;
  instance.phases = [
    { at: now, state: 'pending' },
    { at: runningAt, state: 'running' },
  ];
  instance.launchedAt = now;
  instance.stateReason = undefined;
  instance.transitionReason = '';
  if (instance.wantsPublicIp) instance.publicIp = region.newPublicIp();
  scheduleBoot(region, instance, runningAt, 'start', false);
}

export function checkStoppable(instance: InstanceRecord, now: number): void {
  const state = instanceState(instance, now);
  if (instance.disableApiStop)
    throw ec2Error(
      'OperationNotPermitted',
      `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
    );
  if (state === 'pending' || state === 'terminated' || state === 'shutting-down')
    throw wrongState(instance, 'stopped');
}

/** Power off: `stopping`, then `stopped`. A public address that was lent goes back. */
export function stopInstance(region: RegionState, instance: InstanceRecord, now: number): void {
  checkStoppable(instance, now);
  if (instanceState(instance, now) !== 'running') return;
  const stoppedAt = now + region.shared.settings.instanceStoppingSeconds * 1000;
  instance.phases = [
    { at: now, state: 'stopping' },
    { at: stoppedAt, state: 'stopped' },
  ];
  instance.publicIp = undefined;
  instance.stateReason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  instance.transitionReason = `User initiated (${stamp(now)})`;
  instance.machine.record({ at: stoppedAt, kind: 'stop' });
}

export function checkTerminable(instance: InstanceRecord): void {
  if (instance.disableApiTermination)
    throw ec2Error(
      'OperationNotPermitted',
      `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    );
}

/** `shutting-down`, then `terminated`: interfaces and volumes go with it as far as they are marked so. */
export function terminateInstance(region: RegionState, instance: InstanceRecord, now: number): void {
  const state = instanceState(instance, now);
  if (state === 'shutting-down' || state === 'terminated') return;
  const endsAt = now + region.shared.settings.instanceShuttingDownSeconds * 1000;
  instance.phases = [
    { at: now, state: 'shutting-down' },
    { at: endsAt, state: 'terminated' },
  ];
  instance.publicIp = undefined;
  instance.stateReason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
  instance.transitionReason = `User initiated (${stamp(now)})`;
  instance.machine.record({ at: endsAt, kind: 'stop', detail: 'terminated' });
  region.shared.world.schedule(endsAt, () => releaseResources(region, instance));
}

/**
 * The launch is accepted, but the instance never runs: the key of a volume cannot be used ("Client.InternalError: Client
 * error on launch", Troubleshoot Amazon EC2 instance launch issues).
 */
export function failLaunch(region: RegionState, instance: InstanceRecord, at: number): void {
  instance.phases = [
    { at: instance.createdAt, state: 'pending' },
    { at, state: 'terminated' },
  ];
  instance.publicIp = undefined;
  instance.stateReason = {
    code: 'Client.InternalError',
    message: 'Client.InternalError: Client error on launch',
  };
  instance.transitionReason = 'Client.InternalError';
  region.shared.world.schedule(at, () => releaseResources(region, instance));
}

function releaseResources(region: RegionState, instance: InstanceRecord): void {
  for (const id of instance.interfaces) {
    const record = region.interfaces.get(id);
    if (!record) continue;
    if (record.attachment?.deleteOnTermination) deleteInterface(region, record);
    else record.attachment = undefined;
  }
  instance.interfaces.length = 0;
  for (const volume of volumesOf(region, instance)) {
    if (volume.attachment?.deleteOnTermination) region.volumes.delete(volume.id);
    else {
      volume.content = instance.machine.freeze(volume.id);
      volume.attachment = undefined;
    }
  }
  instance.devices.length = 0;
  instance.machine.dispose();
}

/** A reboot is off and on without a change of state; the API shows only the status checks beginning anew. */
export function rebootInstance(
  region: RegionState,
  instance: InstanceRecord,
  now: number,
  upAt: number,
): void {
  instance.machine.record({ at: now, kind: 'reboot' });
  instance.machine.record({ at: now, kind: 'stop' });
  scheduleBoot(region, instance, upAt, 'start', false);
}

/** Notes the power-on and lets whoever runs machines know when the moment comes. */
export function scheduleBoot(
  region: RegionState,
  instance: InstanceRecord,
  at: number,
  kind: 'boot' | 'start',
  firstBoot: boolean,
): void {
  const { shared } = region;
  const machine: Machine = instance.machine;
  machine.record({ at, kind });
  if (!shared.machines) return;
  const boot = () => {
    if (instanceState(instance, at) !== 'running' || machine.isGone) return;
    shared.machines?.onBoot({
      region: region.name,
      instanceId: instance.id,
      machine,
      firstBoot,
      userData: instance.userData,
      at,
    });
  };
  if (at <= shared.world.now()) boot();
  else shared.world.schedule(at, boot);
}

/** Seconds since the last power-on decide about the status checks. */
export function lastPowerOn(instance: InstanceRecord, now: number): number {
  const starts = instance.machine
    .events(now)
    .filter((event) => event.kind === 'boot' || event.kind === 'start');
  return starts.at(-1)?.at ?? instance.launchedAt;
}

const stamp = (now: number): string => `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} GMT`;
