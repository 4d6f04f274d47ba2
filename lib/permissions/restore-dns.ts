import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { namedRecords } from '../../functions/plan/restore-dns.ts';
import { OpenStatement } from './open-statement.ts';

const prefix = 'route53:ChangeResourceRecordSets';

/** The address records that plans name, in their zones, and reading what stands there; nothing without such a plan. */
export function namedRecordChanges(stack: Stack, { plans }: Config): PolicyStatement[] {
  const zones = Map.groupBy(namedRecords(Object.values(plans)), ({ hostedZone }) => hostedZone);
  if (zones.size === 0) return [];
  const changes = Array.from(
    zones,
    ([zone, records]) =>
      new PolicyStatement({
        actions: [prefix],
        resources: [route53Arn(stack, 'hostedzone', zone)],
        conditions: {
          'ForAllValues:StringEquals': {
            [`${prefix}Actions`]: ['UPSERT'],
            [`${prefix}NormalizedRecordNames`]: [...new Set(records.map(({ name }) => name))].sort(),
            [`${prefix}RecordTypes`]: ['A'],
          },
          // What is absent would satisfy ForAllValues ("Multivalued context keys").
          Null: {
            [`${prefix}Actions`]: 'false',
            [`${prefix}NormalizedRecordNames`]: 'false',
            [`${prefix}RecordTypes`]: 'false',
          },
        },
      }),
  );
  return [
    ...changes,
    new PolicyStatement({
      actions: ['route53:GetHostedZone', 'route53:ListResourceRecordSets'],
      resources: [...zones.keys()].sort().map((zone) => route53Arn(stack, 'hostedzone', zone)),
    }),
    new OpenStatement(
      'a change has no ID before it is made; what can be read is whether it has reached every server',
      {
        actions: ['route53:GetChange'],
        resources: [route53Arn(stack, 'change', '*')],
      },
    ),
  ];
}

/** Route 53 is one for all Regions, and its resources name no account. */
const route53Arn = (stack: Stack, resource: string, resourceName: string): string =>
  Arn.format(
    {
      service: 'route53',
      region: '',
      account: '',
      resource,
      resourceName,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    },
    stack,
  );
