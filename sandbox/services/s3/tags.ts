import type { Tag } from '@aws-sdk/client-s3';
import { invalidArgument, s3Error } from './errors.ts';

/** Limits of "Tagging objects" and "Using cost allocation S3 bucket tags", Amazon S3 User Guide. */
export function checkTags(tags: readonly Tag[] | undefined, max: number): readonly Tag[] {
  const list = tags ?? [];
  if (list.length > max) {
    throw s3Error('BadRequest', 400, `Tags cannot be greater than ${max}`);
  }
  const seen = new Set<string>();
  for (const { Key: key = '', Value: value = '' } of list) {
    if (key === '' || key.length > 128) {
      throw s3Error('InvalidTag', 400, 'The TagKey you have provided is invalid', { TagKey: key });
    }
    if (value.length > 256) {
      throw s3Error('InvalidTag', 400, 'The TagValue you have provided is invalid', { TagKey: key });
    }
    if (key.startsWith('aws:')) {
      throw s3Error('InvalidTag', 400, 'System tags cannot be added/updated by requester', { TagKey: key });
    }
    if (seen.has(key)) {
      throw s3Error('InvalidTag', 400, 'Cannot provide multiple Tags with the same key', { TagKey: key });
    }
    seen.add(key);
  }
  return list;
}

/** The `x-amz-tagging` header: a query string. */
export function parseTagging(header: string | undefined): readonly Tag[] {
  if (!header) return [];
  const tags = [...new URLSearchParams(header)].map(([Key, Value]) => ({ Key, Value }));
  if (tags.some((tag) => tag.Key === '')) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      header,
    );
  }
  return checkTags(tags, 10);
}
