/** What the operations of the smaller services ask of policies. */
import type {
  CreateAutoScalingGroupType,
  CreateLaunchConfigurationType,
  DeleteAutoScalingGroupType,
  LaunchConfigurationNameType,
} from '@aws-sdk/client-auto-scaling';
import type { PutMetricAlarmInput, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import type { ChangeResourceRecordSetsRequest } from '@aws-sdk/client-route-53';
import type { CreateTopicInput, PublishInput, SubscribeInput } from '@aws-sdk/client-sns';
import type { AssumeRoleRequest } from '@aws-sdk/client-sts';
import type { RequestContext } from '../../service.ts';
import { normalName } from '../../services/route53/domain-names.ts';
import {
  arnOf,
  type Demands,
  demand,
  everything,
  partitionOf,
  requestTags,
  type ServiceDemands,
  type Target,
  wholesale,
} from './demand.ts';

export const stsDemands: ServiceDemands = {
  // "No permissions are required to perform this operation": not even a denial keeps it away.
  GetCallerIdentity: () => [],
  ...wholesale('sts', ['GetAccessKeyInfo']),
  AssumeRole: (input: AssumeRoleRequest) => [
    demand(
      'sts:AssumeRole',
      { resource: input.RoleArn ?? '' },
      { 'sts:ExternalId': input.ExternalId, 'sts:RoleSessionName': input.RoleSessionName },
    ),
  ],
};

const topic = (arn: string | undefined): Target => ({ resource: arn ?? '', owner: arn?.split(':')[4] ?? '' });

const onTopic =
  (name: string): Demands<{ readonly TopicArn?: string }> =>
  ({ TopicArn }) => [demand(`sns:${name}`, topic(TopicArn))];

export const snsDemands: ServiceDemands = {
  ...wholesale('sns', ['ListSubscriptions', 'ListTopics']),
  ...Object.fromEntries(
    ['DeleteTopic', 'GetTopicAttributes', 'ListSubscriptionsByTopic', 'SetTopicAttributes'].map((name) => [
      name,
      onTopic(name),
    ]),
  ),
  CreateTopic: (input: CreateTopicInput, { region, caller }) => {
    const resource = arnOf({ service: 'sns', region, account: caller.account, resource: input.Name ?? '' });
    return [demand('sns:CreateTopic', { resource }, requestTags(input.Tags))];
  },
  ListTagsForResource: ({ ResourceArn }: { readonly ResourceArn?: string }) => [
    demand('sns:ListTagsForResource', topic(ResourceArn)),
  ],
  Publish: (input: PublishInput) => [demand('sns:Publish', topic(input.TopicArn ?? input.TargetArn))],
  Subscribe: (input: SubscribeInput) => [
    demand('sns:Subscribe', topic(input.TopicArn), {
      'sns:Protocol': input.Protocol,
      'sns:Endpoint': input.Endpoint,
    }),
  ],
  Unsubscribe: ({ SubscriptionArn }: { readonly SubscriptionArn?: string }) => [
    demand('sns:Unsubscribe', topic(SubscriptionArn?.split(':').slice(0, -1).join(':'))),
  ],
};

const alarm = (name: string | undefined, { region, caller }: RequestContext): Target => ({
  resource: arnOf({
    service: 'cloudwatch',
    region,
    account: caller.account,
    resource: `alarm:${name ?? '*'}`,
  }),
});

export const cloudWatchDemands: ServiceDemands = {
  ...wholesale('cloudwatch', ['GetMetricData', 'GetMetricStatistics', 'ListMetrics']),
  PutMetricData: (input: PutMetricDataInput) => [
    demand('cloudwatch:PutMetricData', everything, { 'cloudwatch:namespace': input.Namespace }),
  ],
  PutMetricAlarm: (input: PutMetricAlarmInput, request) => [
    demand('cloudwatch:PutMetricAlarm', alarm(input.AlarmName, request), {
      ...requestTags(input.Tags),
      'cloudwatch:AlarmActions': input.AlarmActions,
    }),
  ],
  SetAlarmState: ({ AlarmName }: { readonly AlarmName?: string }, request) => [
    demand('cloudwatch:SetAlarmState', alarm(AlarmName, request)),
  ],
  DescribeAlarms: (_input: object, request) => [
    demand('cloudwatch:DescribeAlarms', alarm(undefined, request)),
  ],
  DeleteAlarms: ({ AlarmNames = [] }: { readonly AlarmNames?: readonly string[] }, request) =>
    AlarmNames.map((name) => demand('cloudwatch:DeleteAlarms', alarm(name, request))),
};

const zone = (id: string | undefined, { region }: RequestContext): Target => ({
  resource: `arn:${partitionOf(region)}:route53:::hostedzone/${(id ?? '').replace(/^\/?hostedzone\//, '')}`,
});

const onZone =
  (name: string, member: 'Id' | 'HostedZoneId'): Demands<Readonly<Record<string, unknown>>> =>
  (input, request) => {
    const id = input[member];
    return [demand(`route53:${name}`, zone(typeof id === 'string' ? id : undefined, request))];
  };

export const route53Demands: ServiceDemands = {
  ...wholesale('route53', ['CreateHostedZone', 'ListHostedZones', 'ListHostedZonesByName']),
  DeleteHostedZone: onZone('DeleteHostedZone', 'Id'),
  GetHostedZone: onZone('GetHostedZone', 'Id'),
  ListResourceRecordSets: onZone('ListResourceRecordSets', 'HostedZoneId'),
  GetChange: ({ Id = '' }: { readonly Id?: string }, { region }) => [
    demand('route53:GetChange', {
      resource: `arn:${partitionOf(region)}:route53:::change/${Id.replace(/^\/?change\//, '')}`,
    }),
  ],
  /** Names "normalized": as the service keeps them, without the final dot ("Using IAM policy conditions for fine-grained access control"). */
  ChangeResourceRecordSets: (input: ChangeResourceRecordSetsRequest, request) => {
    const changes = input.ChangeBatch?.Changes ?? [];
    const of = (read: (change: (typeof changes)[number]) => string | undefined): string[] => [
      ...new Set(changes.flatMap((change) => read(change) ?? [])),
    ];
    const prefix = 'route53:ChangeResourceRecordSets';
    return [
      demand('route53:ChangeResourceRecordSets', zone(input.HostedZoneId, request), {
        [`${prefix}NormalizedRecordNames`]: of(({ ResourceRecordSet: set }) =>
          set?.Name === undefined ? undefined : normalName(set.Name).replace(/\.$/, ''),
        ),
        [`${prefix}RecordTypes`]: of(({ ResourceRecordSet: set }) => set?.Type),
        [`${prefix}Actions`]: of(({ Action }) => Action),
      }),
    ];
  },
};

/** The ARNs of groups and launch configurations hold a UUID that policies write as `*`. */
const scaling = (type: string, name: string | undefined, { region, caller }: RequestContext): Target => ({
  resource: arnOf({
    service: 'autoscaling',
    region,
    account: caller.account,
    resource: `${type}:*:${type}Name/${name ?? ''}`,
  }),
});

export const autoScalingDemands: ServiceDemands = {
  ...wholesale('autoscaling', ['DescribeAutoScalingGroups', 'DescribeLaunchConfigurations']),
  CreateAutoScalingGroup: (input: CreateAutoScalingGroupType, request) => [
    demand(
      'autoscaling:CreateAutoScalingGroup',
      scaling('autoScalingGroup', input.AutoScalingGroupName, request),
      requestTags(input.Tags),
    ),
  ],
  CreateLaunchConfiguration: (input: CreateLaunchConfigurationType, request) => [
    demand(
      'autoscaling:CreateLaunchConfiguration',
      scaling('launchConfiguration', input.LaunchConfigurationName, request),
    ),
  ],
  DeleteAutoScalingGroup: (input: DeleteAutoScalingGroupType, request) => [
    demand(
      'autoscaling:DeleteAutoScalingGroup',
      scaling('autoScalingGroup', input.AutoScalingGroupName, request),
    ),
  ],
  DeleteLaunchConfiguration: (input: LaunchConfigurationNameType, request) => [
    demand(
      'autoscaling:DeleteLaunchConfiguration',
      scaling('launchConfiguration', input.LaunchConfigurationName, request),
    ),
  ],
};
