import type { Tag } from '@aws-sdk/client-rds';
import type { RequestContext } from '../../service.ts';
import { defaultKey } from '../../services/rds/instance-records.ts';
import { type Demand, demand, type Target } from './demand.ts';
import { useOfKey } from './kms.ts';
import { type RdsResources, rdsRequestTags } from './rds-resources.ts';

/**
 * A creation is judged on everything that it names, old and new. With tags RDS asks once more, for AddTagsToResource on
 * what is made ("Grant permission to tag Amazon RDS resources during creation").
 */
export function created(
  name: string,
  targets: readonly Target[],
  made: Target,
  tags: readonly Tag[] | undefined,
  options: Readonly<Record<string, string | undefined>> = {},
): Demand[] {
  const given = rdsRequestTags(tags);
  return [
    ...targets.map((target) => demand(`rds:${name}`, target, { ...options, ...given })),
    ...(tags?.length
      ? [
          demand(
            'rds:AddTagsToResource',
            { resource: made.resource },
            {
              ...given,
              'rds:TagsFromRequest': tags.map(({ Key = '' }) => Key),
            },
          ),
        ]
      : []),
  ];
}

/** RDS' own key, `aws/rds`, asks nothing of the caller. */
export const keyUse = (
  { holdings }: RdsResources,
  key: string | undefined,
  request: RequestContext,
): readonly Demand[] =>
  key === undefined || key === defaultKey(holdings) ? [] : useOfKey('rds', key, request);
