import type { CreateTagsRequest, DeleteTagsRequest, TagSpecification } from '@aws-sdk/client-ec2';
import type { Context } from '../request-values.ts';
import { type Demand, demand, requestTags, type ServiceDemands } from './demand.ts';
import { type Ec2Resources, type Ec2Type, typeOfId } from './ec2-resources.ts';
import type { Ec2For } from './ec2-shared.ts';

type Specifications = readonly TagSpecification[] | undefined;

/** The tags that a request puts on what it makes of one type; without any there are no keys. */
export const tagsAtBirth = (specifications: Specifications, type: Ec2Type): Context =>
  requestTags(specifications?.find(({ ResourceType }) => ResourceType === type)?.Tags);

/**
 * Tags at creation are authorized once more as CreateTags, with the creating action as `ec2:CreateAction` ("Grant
 * permission to tag Amazon EC2 resources during creation"). A request without tags does not ask.
 */
export function taggingAtBirth(
  ec2: Ec2Resources,
  createAction: string,
  specifications: Specifications,
  types: readonly Ec2Type[],
): Demand[] {
  return types.flatMap((type) => {
    const tags = tagsAtBirth(specifications, type);
    if (Object.keys(tags).length === 0) return [];
    return [demand('ec2:CreateTags', ec2.fresh(type), { ...tags, 'ec2:CreateAction': createAction })];
  });
}

/** CreateTags and DeleteTags of what is there already. */
export function tagDemands(ec2For: Ec2For): ServiceDemands {
  const targets = (ec2: Ec2Resources, ids: readonly string[] | undefined) =>
    (ids ?? []).flatMap((id) => {
      const type = typeOfId(id);
      return type === undefined ? [] : [ec2.of(type, id)];
    });
  return {
    CreateTags: (input: CreateTagsRequest, request) =>
      targets(ec2For(request), input.Resources).map((target) =>
        demand('ec2:CreateTags', target, requestTags(input.Tags)),
      ),
    // Without a list every tag goes, and then there are no keys to judge by (DeleteTags, Amazon EC2 API Reference).
    DeleteTags: (input: DeleteTagsRequest, request) =>
      targets(ec2For(request), input.Resources).map((target) =>
        demand('ec2:DeleteTags', target, requestTags(input.Tags)),
      ),
  };
}
