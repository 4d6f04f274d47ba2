import type { _InstanceType, InstanceMetadataOptionsResponse } from '@aws-sdk/client-ec2';
import { Machine } from '../../../machines/machine.ts';
import type { FrozenTree } from '../../../machines/trees.ts';
import { scheduleBoot } from './instances.ts';
import { createInterface } from './network.ts';
import type {
  ImageRecord,
  InstancePhase,
  InstanceProfile,
  InstanceRecord,
  NetworkInterfaceRecord,
  Subnet,
  Tags,
} from './records.ts';
import type { RegionState } from './region.ts';
import { contentFor, createVolume, type VolumePlan } from './volumes.ts';

export interface InterfacePlan {
  readonly deviceIndex: number;
  readonly deleteOnTermination: boolean;
  readonly target:
    | { readonly existing: NetworkInterfaceRecord }
    | {
        readonly subnet: Subnet;
        readonly privateIp: string | undefined;
        readonly secondaryIps: readonly string[];
        readonly groups: readonly string[];
        readonly description: string;
      };
}

export interface VolumeLaunch {
  readonly plan: VolumePlan;
  /** Instead of the content of the plan's snapshot; the machine takes over the share. */
  readonly content?: FrozenTree;
  readonly id?: string;
  /** Instead of the tags for all volumes. */
  readonly tags?: Tags;
}

/** An instance with every question settled: whoever launches has checked everything. */
export interface LaunchPlan {
  readonly owner: string;
  readonly id?: string;
  readonly seeded: boolean;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly clientToken: string | undefined;
  readonly imageId: string;
  readonly type: _InstanceType;
  readonly architecture: ImageRecord['architecture'];
  readonly bootMode: ImageRecord['bootMode'];
  readonly keyName: string | undefined;
  readonly profile: InstanceProfile | undefined;
  readonly userData: string | undefined;
  readonly metadata: InstanceMetadataOptionsResponse;
  readonly rootDeviceName: string;
  readonly volumes: readonly VolumeLaunch[];
  readonly interfaces: readonly InterfacePlan[];
  /** Lent from Amazon's pool at every start. */
  readonly wantsPublicIp: boolean;
  readonly publicIp?: string;
  readonly ebsOptimized: boolean;
  readonly monitoring: boolean;
  readonly disableApiTermination: boolean;
  readonly disableApiStop: boolean;
  readonly shutdownBehavior: 'stop' | 'terminate';
  readonly tags: { readonly instance: Tags; readonly volume: Tags; readonly networkInterface: Tags };
  /** When it reaches `running`; undefined for one that is found stopped. */
  readonly runningAt: number | undefined;
}

/** Makes the instance with its interfaces, volumes and machine. */
export function launch(region: RegionState, plan: LaunchPlan): InstanceRecord {
  const { seeded } = plan;
  const base = region.newResource(plan.owner, 'i-', plan.tags.instance, {
    seeded,
    ...(plan.id === undefined ? {} : { id: plan.id }),
  });
  const interfaces = plan.interfaces.map((item) => attach(region, plan, base.id, item));
  const primary = interfaces[0];
  if (!primary) throw new Error(`The instance ${base.id} has no network interface.`);

  const volumes = plan.volumes.map(({ plan: volume, content, id, tags }) => ({
    content: content ?? contentFor(volume.snapshot),
    record: createVolume(
      region,
      plan.owner,
      volume,
      primary.zone,
      base.id,
      tags ?? new Map(plan.tags.volume),
      {
        seeded,
        ...(id === undefined ? {} : { id }),
      },
    ),
  }));
  const machine = new Machine(
    base.id,
    region.shared.trees,
    volumes.map(({ content, record }) => ({ volumeId: record.id, mount: record.mount, content })),
  );
  const instance: InstanceRecord = {
    ...base,
    reservationId: plan.reservationId,
    launchIndex: plan.launchIndex,
    clientToken: plan.clientToken,
    imageId: plan.imageId,
    type: plan.type,
    architecture: plan.architecture,
    bootMode: plan.bootMode,
    keyName: plan.keyName,
    vpcId: primary.vpcId,
    subnetId: primary.subnetId,
    zone: primary.zone,
    profile: plan.profile,
    userData: plan.userData,
    metadata: plan.metadata,
    rootDeviceName: plan.rootDeviceName,
    devices: volumes.map(({ record }, index) => ({
      device: plan.volumes[index]?.plan.device ?? plan.rootDeviceName,
      volumeId: record.id,
    })),
    interfaces: interfaces.map(({ id }) => id),
    wantsPublicIp: plan.wantsPublicIp,
    publicIp:
      plan.publicIp ??
      (plan.wantsPublicIp && plan.runningAt !== undefined ? region.newPublicIp() : undefined),
    ebsOptimized: plan.ebsOptimized,
    monitoring: plan.monitoring,
    disableApiTermination: plan.disableApiTermination,
    disableApiStop: plan.disableApiStop,
    shutdownBehavior: plan.shutdownBehavior,
    launchedAt: base.createdAt,
    phases: phasesOf(base.createdAt, plan.runningAt),
    stateReason: undefined,
    transitionReason: '',
    machine,
  };
  region.instances.set(instance.id, instance);
  if (plan.runningAt !== undefined && !seeded) scheduleBoot(region, instance, plan.runningAt, 'boot', true);
  return instance;
}

function phasesOf(createdAt: number, runningAt: number | undefined): InstancePhase[] {
  if (runningAt === undefined) return [{ at: createdAt, state: 'stopped' }];
  if (runningAt <= createdAt) return [{ at: createdAt, state: 'running' }];
  return [
    { at: createdAt, state: 'pending' },
    { at: runningAt, state: 'running' },
  ];
}

function attach(
  region: RegionState,
  plan: LaunchPlan,
  instanceId: string,
  item: InterfacePlan,
): NetworkInterfaceRecord {
  const record =
    'existing' in item.target
      ? item.target.existing
      : createInterface(region, {
          owner: plan.owner,
          ...item.target,
          tags: new Map(plan.tags.networkInterface),
          seeded: plan.seeded,
        });
  record.attachment = {
    id: region.newId('eni-attach-'),
    instanceId,
    deviceIndex: item.deviceIndex,
    attachedAt: region.shared.world.now(),
    deleteOnTermination: item.deleteOnTermination,
  };
  return record;
}

/** Fills in what `MetadataOptions` left out: on, IMDSv2 optional, one hop. */
export function metadataOptions(
  wanted: Partial<InstanceMetadataOptionsResponse> | undefined,
  imdsSupport: 'v2.0' | undefined,
): InstanceMetadataOptionsResponse {
  return {
    State: 'applied',
    HttpTokens: wanted?.HttpTokens ?? (imdsSupport === 'v2.0' ? 'required' : 'optional'),
    HttpPutResponseHopLimit: wanted?.HttpPutResponseHopLimit ?? (imdsSupport === 'v2.0' ? 2 : 1),
    HttpEndpoint: wanted?.HttpEndpoint ?? 'enabled',
    HttpProtocolIpv6: wanted?.HttpProtocolIpv6 ?? 'disabled',
    InstanceMetadataTags: wanted?.InstanceMetadataTags ?? 'disabled',
  };
}
