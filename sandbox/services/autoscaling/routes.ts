import type {
  AutoScalingGroup,
  AutoScalingGroupNamesType,
  AutoScalingGroupsType,
  Filter,
  LaunchConfigurationNamesType,
  LaunchConfigurationsType,
} from '@aws-sdk/client-auto-scaling';
import { type RequestContext, ServiceError } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { pageOf } from './pages.ts';
import { type AutoScalingState, placeOf } from './state.ts';

/** DescribeAutoScalingGroups and DescribeLaunchConfigurations. */
export function autoScalingHandlers(state: AutoScalingState) {
  return {
    /** Names that do not exist are left out of the answer. */
    DescribeAutoScalingGroups(
      input: Decoded<AutoScalingGroupNamesType>,
      request: RequestContext,
    ): AutoScalingGroupsType {
      const matches = filterOf(input.Filters);
      const found = state
        .groups(placeOf(request))
        .filter(
          (group) => isNamed(group.AutoScalingGroupName, input.AutoScalingGroupNames) && matches(group),
        );
      const page = pageOf(found, ({ AutoScalingGroupName = '' }) => AutoScalingGroupName, input);
      const bare = input.IncludeInstances === false;
      return {
        AutoScalingGroups: page.items.map((group) => (bare ? { ...group, Instances: [] } : group)),
        NextToken: page.token,
      };
    },

    DescribeLaunchConfigurations(
      input: Decoded<LaunchConfigurationNamesType>,
      request: RequestContext,
    ): LaunchConfigurationsType {
      const found = state
        .configurations(placeOf(request))
        .filter(({ LaunchConfigurationName: name }) => isNamed(name, input.LaunchConfigurationNames));
      const page = pageOf(found, ({ LaunchConfigurationName = '' }) => LaunchConfigurationName, input);
      return { LaunchConfigurations: page.items, NextToken: page.token };
    },
  };
}

const isNamed = (name: string | undefined, wanted: readonly string[] | undefined): boolean =>
  wanted === undefined || wanted.length === 0 || (name !== undefined && wanted.includes(name));

/** `tag-key`, `tag-value` and `tag:<key>`; all filters must match, any value of one is enough. */
function filterOf(filters: readonly Filter[] | undefined): (group: AutoScalingGroup) => boolean {
  const tests = (filters ?? []).map(({ Name = '', Values = [] }) => {
    if (Name === 'tag-key') return tagTest(({ Key = '' }) => Values.includes(Key));
    if (Name === 'tag-value') return tagTest(({ Value = '' }) => Values.includes(Value));
    if (Name.startsWith('tag:')) {
      return tagTest(({ Key, Value = '' }) => Key === Name.slice(4) && Values.includes(Value));
    }
    throw new ServiceError('ValidationError', `Filter type ${Name} is not supported`, 400);
  });
  return (group) => tests.every((test) => test(group));
}

type GroupTag = NonNullable<AutoScalingGroup['Tags']>[number];

const tagTest =
  (test: (tag: GroupTag) => boolean) =>
  ({ Tags = [] }: AutoScalingGroup): boolean =>
    Tags.some(test);
