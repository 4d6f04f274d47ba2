import type {
  AddTagsToResourceMessage,
  ListTagsForResourceMessage,
  RemoveTagsFromResourceMessage,
  TagListMessage,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { clusterNotFound, instanceNotFound, invalidParameterValue } from './errors.ts';
import { type ParsedArn, parseArn } from './identifiers.ts';
import { ofCaller, type RdsModel } from './model.ts';
import { readTags, type Tags, tagList } from './tags.ts';

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
