import type {
  AutoScalingGroup,
  CreateAutoScalingGroupType,
  CreateLaunchConfigurationType,
  DeleteAutoScalingGroupType,
  LaunchConfigurationNameType,
} from '@aws-sdk/client-auto-scaling';
import { type RequestContext, ServiceError } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { groupOf, launchConfigurationOf } from './records.ts';
import { type AutoScalingState, placeOf } from './state.ts';

/** Making and deleting groups and launch configurations. A group has no instances, so it may not want any. */
export function changeHandlers(state: AutoScalingState) {
  return {
    CreateLaunchConfiguration(
      input: Decoded<CreateLaunchConfigurationType>,
      request: RequestContext,
    ): object {
      const place = placeOf(request);
      const { LaunchConfigurationName: name, ImageId, InstanceType } = input;
      if (
        state.configurations(place).some(({ LaunchConfigurationName }) => LaunchConfigurationName === name)
      ) {
        throw alreadyExists('Launch Configuration by this name already exists', name);
      }
      if (input.InstanceId !== undefined) {
        throw invalid(
          'The sandbox makes no launch configuration from an instance; give an image and a type.',
        );
      }
      if (!ImageId || !InstanceType) {
        throw invalid(
          'Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.',
        );
      }
      state.addConfiguration(place, {
        ...launchConfigurationOf(place, name, ImageId, request.now),
        ...given(input),
      });
      return {};
    },

    DeleteLaunchConfiguration(input: Decoded<LaunchConfigurationNameType>, request: RequestContext): object {
      const place = placeOf(request);
      const name = input.LaunchConfigurationName;
      const user = state
        .groups(place)
        .find(({ LaunchConfigurationName }) => LaunchConfigurationName === name);
      if (user) {
        throw new ServiceError(
          'ResourceInUse',
          `Cannot delete launch configuration ${name} because it is attached to AutoScalingGroup ${user.AutoScalingGroupName}`,
          400,
        );
      }
      if (!state.removeConfiguration(place, name)) {
        throw invalid(`Launch configuration name not found - Launch configuration ${name} not found`);
      }
      return {};
    },

    CreateAutoScalingGroup(input: Decoded<CreateAutoScalingGroupType>, request: RequestContext): object {
      const place = placeOf(request);
      const name = input.AutoScalingGroupName;
      if (state.groups(place).some(({ AutoScalingGroupName }) => AutoScalingGroupName === name)) {
        throw alreadyExists('AutoScalingGroup by this name already exists', name);
      }
      checkSource(state.configurations(place), input);
      const desired = input.DesiredCapacity ?? input.MinSize;
      if (input.MinSize > input.MaxSize)
        throw invalid('Max bound must be greater than or equal to min bound');
      if (desired < input.MinSize || desired > input.MaxSize) {
        throw invalid(
          `Desired capacity:${desired} must be between the specified min size:${input.MinSize} and max size:${input.MaxSize}`,
        );
      }
      if (desired > 0)
        throw invalid('The sandbox launches no instances for groups: the desired capacity must be 0.');
      const { MinSize, MaxSize, VPCZoneIdentifier, AvailabilityZones } = input;
      const { LaunchConfigurationName, LaunchTemplate, MixedInstancesPolicy } = input;
      const tags = Object.fromEntries((input.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
      const launches = given({ LaunchConfigurationName, LaunchTemplate, MixedInstancesPolicy });
      const group: AutoScalingGroup = {
        ...groupOf(place, { name, tags, ...launches }, request.now),
        MinSize,
        MaxSize,
        ...given({ VPCZoneIdentifier, AvailabilityZones }),
      };
      state.addGroup(place, group);
      return {};
    },

    DeleteAutoScalingGroup(input: Decoded<DeleteAutoScalingGroupType>, request: RequestContext): object {
      if (!state.removeGroup(placeOf(request), input.AutoScalingGroupName)) {
        throw invalid(
          `AutoScalingGroup name not found - AutoScalingGroup '${input.AutoScalingGroupName}' not found`,
        );
      }
      return {};
    },
  };
}

/** "You must specify either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy." */
function checkSource(
  configurations: readonly { readonly LaunchConfigurationName?: string | undefined }[],
  input: Decoded<CreateAutoScalingGroupType>,
): void {
  const { LaunchConfigurationName: name, LaunchTemplate, MixedInstancesPolicy } = input;
  const sources = [name, LaunchTemplate, MixedInstancesPolicy, input.InstanceId].filter(
    (source) => source !== undefined,
  );
  if (sources.length !== 1) {
    throw invalid(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  }
  if (input.InstanceId !== undefined) throw invalid('The sandbox makes no group from an instance.');
  if (name === undefined) return;
  if (!configurations.some(({ LaunchConfigurationName }) => LaunchConfigurationName === name)) {
    throw invalid(`Launch configuration name not found - Launch configuration ${name} not found`);
  }
}

const invalid = (message: string): ServiceError => new ServiceError('ValidationError', message, 400);

const alreadyExists = (message: string, name: string): ServiceError =>
  new ServiceError('AlreadyExists', `${message} - A resource with the name ${name} already exists`, 400);

/** What the request had of these members. */
const given = <T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  // Left-out members are gone, so what is there is not undefined; Object.fromEntries forgets that and the keys.
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
