import type { Tag, TagSpecification } from '@aws-sdk/client-ec2';
import { ec2Error, invalidValue } from '../errors.ts';
import type { Tags } from './records.ts';

/** "Tag restrictions" of the EC2 user guide: lengths in Unicode characters, 50 tags per resource. */
const keyLimit = 128;
const valueLimit = 256;
const countLimit = 50;

/** The tags of one request as a map. Refuses what no resource may carry. */
export function readTags(tags: readonly Tag[] | undefined): Tags {
  const result: Tags = new Map();
  for (const tag of tags ?? []) {
    const key = tag.Key ?? '';
    const value = tag.Value ?? '';
    checkKey(key);
    if ([...value].length > valueLimit)
      throw invalidValue(`Tag value exceeds the maximum length of ${valueLimit} characters`);
    if (result.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    result.set(key, value);
  }
  checkCount(result);
  return result;
}

export function checkKey(key: string): void {
  if (key === '') throw invalidValue('Tag key cannot be null or empty');
  if ([...key].length > keyLimit)
    throw invalidValue(`Tag key exceeds the maximum length of ${keyLimit} characters`);
  if (key.toLowerCase().startsWith('aws:'))
    throw invalidValue(
      `Value ( ${key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
    );
}

/** Tags that AWS itself set do not count against the limit. */
export function checkCount(tags: Tags): void {
  const own = [...tags.keys()].filter((key) => !key.toLowerCase().startsWith('aws:'));
  if (own.length > countLimit)
    throw ec2Error(
      'TagLimitExceeded',
      `The maximum number of tags per resource is ${countLimit}, this would be ${own.length}`,
    );
}

/** Tags at creation, by resource type; types that the action does not create are refused. */
export function readTagSpecifications<T extends string>(
  specifications: readonly TagSpecification[] | undefined,
  allowed: readonly T[],
): ReadonlyMap<T, Tags> {
  const result = new Map<T, Tags>();
  for (const specification of specifications ?? []) {
    const type = allowed.find((candidate) => candidate === specification.ResourceType);
    if (type === undefined)
      throw invalidValue(
        `'${specification.ResourceType ?? ''}' is not a valid taggable resource type for this operation.`,
      );
    if (result.has(type))
      throw invalidValue(`The resource type '${type}' was specified more than once in TagSpecifications.`);
    result.set(type, readTags(specification.Tags));
  }
  return result;
}

/** A copy of its own for each resource that is made. */
export const tagsFor = <T extends string>(specifications: ReadonlyMap<T, Tags>, type: T): Tags =>
  new Map(specifications.get(type));

export const tagList = (tags: ReadonlyMap<string, string>): Tag[] =>
  [...tags].map(([Key, Value]) => ({ Key, Value }));
