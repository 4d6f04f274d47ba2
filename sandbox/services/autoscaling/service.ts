import { createHash } from 'node:crypto';
import * as autoscaling from '@aws-sdk/client-auto-scaling';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { autoScalingHandlers } from './routes.ts';
import { AutoScalingState, type Place } from './state.ts';

export interface SeedGroup
  extends Pick<
    autoscaling.AutoScalingGroup,
    'LaunchConfigurationName' | 'LaunchTemplate' | 'MixedInstancesPolicy'
  > {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface AutoScaling {
  readonly service: Service;
  /** A group that wants no instances. */
  seedGroup(place: Place, group: SeedGroup): void;
  seedLaunchConfiguration(
    place: Place,
    configuration: { readonly name: string; readonly imageId: string },
  ): void;
}

/** Amazon EC2 Auto Scaling as far as it names images. Its groups launch nothing. */
export function createAutoScaling(world: World): AutoScaling {
  const state = new AutoScalingState();
  const arn = ({ account, region }: Place, resource: string) =>
    `arn:aws:autoscaling:${region}:${account}:${resource}`;
  return {
    service: {
      signingName: 'autoscaling',
      protocol: 'awsQuery',
      clientPackage: autoscaling,
      xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
      handlers: autoScalingHandlers(state),
    },
    seedGroup: (place, { name, tags = {}, ...launches }) =>
      state.addGroup(place, {
        AutoScalingGroupName: name,
        AutoScalingGroupARN: arn(place, `autoScalingGroup:${idOf(name)}:autoScalingGroupName/${name}`),
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
        CreatedTime: new Date(world.now()),
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
      }),
    seedLaunchConfiguration: (place, { name, imageId }) =>
      state.addConfiguration(place, {
        LaunchConfigurationName: name,
        LaunchConfigurationARN: arn(
          place,
          `launchConfiguration:${idOf(name)}:launchConfigurationName/${name}`,
        ),
        ImageId: imageId,
        KeyName: '',
        SecurityGroups: [],
        UserData: '',
        InstanceType: 't3.micro',
        BlockDeviceMappings: [],
        InstanceMonitoring: { Enabled: true },
        CreatedTime: new Date(world.now()),
        EbsOptimized: false,
      }),
  };
}

/** ARNs hold a UUID; this one is the same for the same name in every world. */
const idOf = (name: string): string => {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
};
