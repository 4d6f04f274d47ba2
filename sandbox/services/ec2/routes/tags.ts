import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  ResourceType,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, missingParameter } from '../errors.ts';
import { compileFilters } from '../filters.ts';
import { checkId, kinds, type ResourceKind } from '../ids.ts';
import type { Resource } from '../model/records.ts';
import { type Ec2Shared, isVisible, type RegionState } from '../model/region.ts';
import { checkCount, checkKey, readTags } from '../model/tags.ts';
import { paginate } from '../pages.ts';

interface Taggable {
  readonly kind: ResourceKind;
  readonly type: ResourceType;
  records(region: RegionState): ReadonlyMap<string, Resource>;
}

const taggables: readonly Taggable[] = [
  { kind: kinds.instance, type: 'instance', records: (region) => region.instances },
  { kind: kinds.image, type: 'image', records: (region) => region.images },
  { kind: kinds.snapshot, type: 'snapshot', records: (region) => region.snapshots },
  { kind: kinds.volume, type: 'volume', records: (region) => region.volumes },
  { kind: kinds.vpc, type: 'vpc', records: (region) => region.vpcs },
  { kind: kinds.subnet, type: 'subnet', records: (region) => region.subnets },
  { kind: kinds.securityGroup, type: 'security-group', records: (region) => region.securityGroups },
  { kind: kinds.networkInterface, type: 'network-interface', records: (region) => region.interfaces },
  { kind: kinds.address, type: 'elastic-ip', records: (region) => region.addresses },
  { kind: kinds.keyPair, type: 'key-pair', records: (region) => region.keyPairs },
  { kind: kinds.launchTemplate, type: 'launch-template', records: (region) => region.launchTemplates },
];

/** CreateTags, DeleteTags and DescribeTags. */
export function tagRoutes(shared: Ec2Shared) {
  const CreateTags: Handler<CreateTagsRequest, object> = (input, request) => {
    const resources = findResources(shared.region(request.region), input.Resources, request.caller.account);
    if (!input.Tags?.length) throw missingParameter('Tags');
    const tags = readTags(input.Tags);
    for (const resource of resources) checkCount(new Map([...resource.tags, ...tags]));
    endDryRun(input.DryRun);
    for (const resource of resources) for (const [key, value] of tags) resource.tags.set(key, value);
    return {};
  };

  const DeleteTags: Handler<DeleteTagsRequest, object> = (input, request) => {
    const resources = findResources(shared.region(request.region), input.Resources, request.caller.account);
    for (const { Key } of input.Tags ?? []) checkKey(Key ?? '');
    endDryRun(input.DryRun);
    for (const { tags } of resources) {
      // "If you omit this parameter, we delete all user-defined tags for the specified resources."
      if (!input.Tags?.length)
        for (const key of [...tags.keys()]) if (!key.startsWith('aws:')) tags.delete(key);
      // A value that is given must match; an absent one matches any.
      for (const { Key = '', Value } of input.Tags ?? [])
        if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
    }
    return {};
  };

  const DescribeTags: Handler<DescribeTagsRequest, DescribeTagsResult> = (input, request) => {
    const rows = tagRows(shared.region(request.region), request.caller.account, request.now);
    const matches = compileFilters<TagRow>(
      input.Filters,
      {
        key: ({ key }) => key,
        value: ({ value }) => value,
        'resource-id': ({ resource }) => resource.id,
        'resource-type': ({ type }) => type,
      },
      // `tag:<key>`: "The key/value combination of the tag."
      ({ key, value }) => new Map([[key, value]]),
    );
    const page = paginate(rows.filter(matches), {
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: 'DescribeTags',
    });
    endDryRun(input.DryRun);
    return {
      Tags: page.items.map(({ key, value, resource, type }) => ({
        Key: key,
        Value: value,
        ResourceId: resource.id,
        ResourceType: type,
      })),
      NextToken: page.nextToken,
    };
  };

  return { CreateTags, DeleteTags, DescribeTags };
}

/** All of them, or an error about the first that cannot be tagged. */
function findResources(region: RegionState, ids: readonly string[] | undefined, account: string): Resource[] {
  if (!ids?.length) throw missingParameter('ResourceId');
  return ids.map((id) => {
    const taggable = taggables.find(({ kind }) => id.startsWith(kind.prefix));
    if (!taggable) throw ec2Error('InvalidID', `The ID '${id}' is not valid`);
    checkId(taggable.kind, id);
    const resource = taggable.records(region).get(id);
    if (resource?.owner !== account) throw ec2Error(taggable.kind.notFound, taggable.kind.missing([id]));
    return resource;
  });
}

interface TagRow {
  readonly order: number;
  readonly key: string;
  readonly value: string;
  readonly resource: Resource;
  readonly type: ResourceType;
}

function tagRows(region: RegionState, account: string, now: number): TagRow[] {
  const rows: TagRow[] = [];
  for (const { type, records } of taggables)
    for (const resource of records(region).values()) {
      if (resource.owner !== account || !isVisible(resource, now)) continue;
      let index = 0;
      for (const [key, value] of resource.tags) {
        // Tags have no place of their own in the Region's order; a resource has at most 50, AWS's own included under 100.
        rows.push({ order: resource.order * 100 + index, key, value, resource, type });
        index += 1;
      }
    }
  return rows.sort((a, b) => a.order - b.order);
}
