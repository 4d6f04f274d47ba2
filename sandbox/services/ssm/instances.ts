import type {
  DescribeInstanceInformationRequest,
  DescribeInstanceInformationResult,
  InstanceInformation,
} from '@aws-sdk/client-ssm';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import { between, checkConstraints } from '../constraints.ts';
import { invalidFilterKey, validationException } from './errors.ts';
import type { ManagedInstance, ManagedInstances } from './model.ts';
import { pageOf } from './state.ts';

/** DescribeInstanceInformation: the machines with an agent that has reported. Pages of ten unless asked otherwise. */
export function instanceHandlers(instances: ManagedInstances) {
  return {
    DescribeInstanceInformation(
      input: DescribeInstanceInformationRequest,
      request: RequestContext,
    ): DescribeInstanceInformationResult {
      checkConstraints('ValidationException', [between('maxResults', input.MaxResults, 5, 50)]);
      if (input.Filters?.length && input.InstanceInformationFilterList?.length) {
        throw validationException('Use either Filters or InstanceInformationFilterList, not both.');
      }
      const filters = [
        ...(input.Filters ?? []).map(({ Key, Values }) => ({ key: Key ?? '', values: Values ?? [] })),
        ...(input.InstanceInformationFilterList ?? []).map(({ key, valueSet }) => ({
          key: key ?? '',
          values: valueSet ?? [],
        })),
      ];
      const found = instances(request.caller.account, request.region)
        .filter((instance) => filters.every(({ key, values }) => selects(instance, key, values)))
        .toSorted((left, right) => (left.instanceId < right.instanceId ? -1 : 1));
      const { items, next } = pageOf(found, input.MaxResults ?? 10, input.NextToken);
      return {
        InstanceInformationList: items.map((instance) => describe(instance, request.now)),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

const pingStatuses = ['Online', 'ConnectionLost', 'Inactive'];

function selects(instance: ManagedInstance, key: string, values: readonly string[]): boolean {
  if (values.length === 0) {
    throw new ServiceError('InvalidInstanceInformationFilterValue', `The filter ${key} has no values.`, 400);
  }
  if (key.startsWith('tag:')) return values.includes(instance.tags?.[key.slice(4)] ?? '\0');
  switch (key) {
    case 'InstanceIds':
      return values.includes(instance.instanceId);
    case 'PingStatus': {
      // "Connection Lost" is the older spelling.
      const wanted = values.map((value) => value.replace(' ', ''));
      const unknown = wanted.find((value) => !pingStatuses.includes(value));
      if (unknown !== undefined) {
        throw new ServiceError(
          'InvalidInstanceInformationFilterValue',
          `The filter value ${unknown} of PingStatus is not valid.`,
          400,
        );
      }
      return wanted.includes(instance.pingStatus);
    }
    case 'PlatformTypes':
      return values.includes(instance.platformType ?? 'Linux');
    case 'ResourceType':
      return values.includes(instance.instanceId.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance');
    case 'AgentVersion':
      return values.includes(instance.agentVersion ?? agentVersion);
    case 'IamRole':
      return values.includes(instance.iamRole ?? '');
    case 'tag-key':
      return values.some((value) => Object.hasOwn(instance.tags ?? {}, value));
    case 'ActivationIds':
    case 'AssociationStatus':
      return false;
    default:
      throw invalidFilterKey(`The filter key ${key} is not valid.`);
  }
}

/** New enough for `interpolationType: ENV_VAR`, which needs 3.3.2746.0. */
const agentVersion = '3.3.3050.0';

const describe = (instance: ManagedInstance, now: number): InstanceInformation => ({
  InstanceId: instance.instanceId,
  PingStatus: instance.pingStatus,
  LastPingDateTime: new Date(instance.lastPingAt ?? now),
  AgentVersion: instance.agentVersion ?? agentVersion,
  IsLatestVersion: instance.agentVersion === undefined,
  PlatformType: instance.platformType ?? 'Linux',
  PlatformName: instance.platformName ?? 'Ubuntu',
  PlatformVersion: instance.platformVersion ?? '24.04',
  ...(instance.iamRole === undefined ? {} : { IamRole: instance.iamRole }),
  ...(instance.registeredAt === undefined ? {} : { RegistrationDate: new Date(instance.registeredAt) }),
  ResourceType: instance.instanceId.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance',
  ...(instance.ipAddress === undefined ? {} : { IPAddress: instance.ipAddress }),
  ...(instance.computerName === undefined ? {} : { ComputerName: instance.computerName }),
  SourceId: instance.instanceId,
  SourceType: instance.instanceId.startsWith('mi-') ? 'AWS::SSM::ManagedInstance' : 'AWS::EC2::Instance',
});
