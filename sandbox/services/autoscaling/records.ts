import { createHash } from 'node:crypto';
import type { AutoScalingGroup, LaunchConfiguration } from '@aws-sdk/client-auto-scaling';
import type { Place } from './state.ts';

/** A group that wants no instances, by its name and what it would launch from. */
export interface NewGroup
  extends Pick<AutoScalingGroup, 'LaunchConfigurationName' | 'LaunchTemplate' | 'MixedInstancesPolicy'> {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** With the defaults that the API documents. */
export function groupOf(
  place: Place,
  { name, tags = {}, ...launches }: NewGroup,
  now: number,
): AutoScalingGroup {
  return {
    AutoScalingGroupName: name,
    AutoScalingGroupARN: arnOf(place, `autoScalingGroup:${uuidOf(name)}:autoScalingGroupName/${name}`),
    ...launches,
    MinSize: 0,
    MaxSize: 0,
    DesiredCapacity: 0,
    DefaultCooldown: 300,
    AvailabilityZones: [`${place.region}a`],
    LoadBalancerNames: [],
    TargetGroupARNs: [],
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 0,
    Instances: [],
    CreatedTime: new Date(now),
    SuspendedProcesses: [],
    EnabledMetrics: [],
    Tags: Object.entries(tags).map(([Key, Value]) => ({
      Key,
      Value,
      ResourceId: name,
      ResourceType: 'auto-scaling-group',
      PropagateAtLaunch: false,
    })),
    TerminationPolicies: ['Default'],
    NewInstancesProtectedFromScaleIn: false,
  };
}

export function launchConfigurationOf(
  place: Place,
  name: string,
  imageId: string,
  now: number,
): LaunchConfiguration {
  return {
    LaunchConfigurationName: name,
    LaunchConfigurationARN: arnOf(
      place,
      `launchConfiguration:${uuidOf(name)}:launchConfigurationName/${name}`,
    ),
    ImageId: imageId,
    KeyName: '',
    SecurityGroups: [],
    UserData: '',
    InstanceType: 't3.micro',
    BlockDeviceMappings: [],
    InstanceMonitoring: { Enabled: true },
    CreatedTime: new Date(now),
    EbsOptimized: false,
  };
}

const arnOf = ({ account, region }: Place, resource: string): string =>
  `arn:aws:autoscaling:${region}:${account}:${resource}`;

/** ARNs hold a UUID; this one is the same for the same name in every world. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
