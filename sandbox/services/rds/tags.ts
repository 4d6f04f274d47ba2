import type {
  AddTagsToResourceMessage,
  ListTagsForResourceMessage,
  RemoveTagsFromResourceMessage,
  Tag,
  TagListMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { clusterNotFound, instanceNotFound, invalidParameterValue } from './errors.ts';
import { type ParsedArn, parseArn } from './identifiers.ts';
import { ofCaller, type RdsModel } from './model.ts';

export type Tags = Map<string, string>;

export const tagList = (tags: Tags): Tag[] => [...tags].map(([Key, Value]) => ({ Key, Value }));

/** Letters, digits, white space and `_.:/=+-@`: "Tagging Amazon RDS resources". */
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagsPerResource = 50;

/** Checks the tags of a request. Throws InvalidParameterValue for keys, values or amounts that RDS refuses. */
export function readTags(given: readonly Tag[] | undefined, onto: Tags = new Map()): Tags {
  const seen = new Set<string>();
  const tags: Tags = new Map(onto);
  for (const { Key: key = '', Value: value = '' } of given ?? []) {
    if (key.length < 1 || key.length > 128 || !allowed.test(key)) {
      throw invalidParameterValue(`Invalid tag key: ${JSON.stringify(key)}`);
    }
    if (/^(aws|rds):/i.test(key)) {
      throw invalidParameterValue(`Tag keys that start with aws: or rds: are reserved: ${key}`);
    }
    if (value.length > 256 || !allowed.test(value)) {
      throw invalidParameterValue(`Invalid value of the tag ${key}: ${JSON.stringify(value)}`);
    }
    if (seen.has(key)) throw invalidParameterValue(`Duplicate tag key: ${key}`);
    seen.add(key);
    tags.set(key, value);
  }
  if (tags.size > tagsPerResource) {
    throw invalidParameterValue(`A resource can have at most ${tagsPerResource} tags.`);
  }
  return tags;
}

export function tagRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    ListTagsForResource: (input: ListTagsForResourceMessage, request: RequestContext): TagListMessage => ({
      TagList: tagList(tagsOf(model, input.ResourceName, request)),
    }),

    AddTagsToResource: (input: AddTagsToResourceMessage, request: RequestContext) => {
      const tags = tagsOf(model, input.ResourceName, request);
      for (const [key, value] of readTags(input.Tags, tags)) tags.set(key, value);
      return {};
    },

    RemoveTagsFromResource: (input: RemoveTagsFromResourceMessage, request: RequestContext) => {
      const tags = tagsOf(model, input.ResourceName, request);
      for (const key of input.TagKeys ?? []) tags.delete(key);
      return {};
    },
  };
}

function tagsOf(model: RdsModel, name: string | undefined, request: RequestContext): Tags {
  const arn = parseArn(name ?? '');
  if (!arn) throw invalidParameterValue(`The specified resource name is not an RDS ARN: ${name ?? ''}`);
  const holdings = ofCaller(model, request);
  // The resources of other accounts and Regions do not exist for this caller.
  const own = arn.account === holdings.account && arn.region === holdings.region;
  const found = own ? lookUp(holdings, arn) : undefined;
  if (found) return found.tags;
  throw notFound(arn);
}

function lookUp(holdings: ReturnType<typeof ofCaller>, arn: ParsedArn): { readonly tags: Tags } | undefined {
  switch (arn.type) {
    case 'db':
      return holdings.instances.get(arn.id);
    case 'cluster':
      return holdings.clusters.get(arn.id);
    case 'snapshot':
      return holdings.snapshots.get(arn.id);
    case 'cluster-snapshot':
      return holdings.clusterSnapshots.get(arn.id);
    default:
      return undefined;
  }
}

function notFound(arn: ParsedArn): ServiceError {
  switch (arn.type) {
    case 'db':
      return instanceNotFound(arn.id);
    case 'cluster':
      return clusterNotFound(arn.id);
    case 'snapshot':
      return new ServiceError('DBSnapshotNotFound', `DBSnapshot ${arn.id} not found.`, 404);
    case 'cluster-snapshot':
      // The tag operations document no error of their own for cluster snapshots.
      return new ServiceError(
        'DBClusterSnapshotNotFoundFault',
        `DBClusterSnapshot ${arn.id} not found.`,
        404,
      );
    default:
      return invalidParameterValue(`The sandbox keeps no tags for resources of the type ${arn.type}.`);
  }
}
