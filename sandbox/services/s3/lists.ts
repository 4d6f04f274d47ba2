import type {
  _Object as ListedObject,
  ListObjectsOutput,
  ListObjectsRequest,
  ListObjectsV2Output,
  ListObjectsV2Request,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { ownerId } from './buckets.ts';
import { invalidArgument } from './errors.ts';
import { type Entry, keyWriter, listPage, pageSize } from './listing.ts';
import type { BucketRecord, History, ObjectVersion } from './model.ts';
import type { S3State } from './state.ts';

const currentObject = (_key: string, history: History): readonly ObjectVersion[] => {
  const current = history.at(-1);
  return current?.kind === 'object' ? [current] : [];
};

/** ListObjectsV2 and ListObjects: the current objects of a bucket. */
export function listHandlers(state: S3State) {
  return {
    ListObjectsV2(input: Decoded<ListObjectsV2Request>, request: RequestContext): ListObjectsV2Output {
      const bucket = state.bucket(input, request);
      const write = keyWriter(input.EncodingType);
      const max = pageSize(input.MaxKeys);
      const after =
        input.ContinuationToken === undefined ? input.StartAfter : openToken(input.ContinuationToken);
      const { entries, truncated } = listPage({
        keys: bucket.keys,
        prefix: input.Prefix ?? '',
        delimiter: input.Delimiter ?? '',
        max,
        after: after || undefined,
        items: currentObject,
      });
      const last = entries.at(-1);
      return {
        Name: bucket.name,
        Prefix: write(input.Prefix ?? ''),
        ...(input.Delimiter === undefined ? {} : { Delimiter: write(input.Delimiter) }),
        ...(input.StartAfter === undefined ? {} : { StartAfter: write(input.StartAfter) }),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
        MaxKeys: max,
        KeyCount: entries.length,
        IsTruncated: truncated,
        ...(truncated && last ? { NextContinuationToken: makeToken(last.key) } : {}),
        Contents: contents(bucket, entries, write, input.FetchOwner ?? false),
        CommonPrefixes: commonPrefixes(entries, write),
      };
    },

    ListObjects(input: Decoded<ListObjectsRequest>, request: RequestContext): ListObjectsOutput {
      const bucket = state.bucket(input, request);
      const write = keyWriter(input.EncodingType);
      const max = pageSize(input.MaxKeys);
      const { entries, truncated } = listPage({
        keys: bucket.keys,
        prefix: input.Prefix ?? '',
        delimiter: input.Delimiter ?? '',
        max,
        after: input.Marker || undefined,
        items: currentObject,
      });
      const last = entries.at(-1);
      return {
        Name: bucket.name,
        Prefix: write(input.Prefix ?? ''),
        Marker: write(input.Marker ?? ''),
        ...(input.Delimiter === undefined ? {} : { Delimiter: write(input.Delimiter) }),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        MaxKeys: max,
        IsTruncated: truncated,
        // Only given with a delimiter; else the last key serves as the next marker ("ListObjects", API Reference).
        ...(truncated && last && input.Delimiter ? { NextMarker: write(last.key) } : {}),
        Contents: contents(bucket, entries, write, true),
        CommonPrefixes: commonPrefixes(entries, write),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

export const commonPrefixes = <T>(entries: readonly Entry<T>[], write: (key: string) => string) =>
  entries.flatMap((entry) => (entry.kind === 'prefix' ? [{ Prefix: write(entry.key) }] : []));

function contents(
  bucket: BucketRecord,
  entries: readonly Entry<ObjectVersion>[],
  write: (key: string) => string,
  withOwner: boolean,
): ListedObject[] {
  return entries.flatMap((entry) => {
    if (entry.kind === 'prefix') return [];
    const { modifiedAt, etag, body, storageClass, checksum } = entry.item;
    return [
      {
        Key: write(entry.key),
        LastModified: new Date(modifiedAt),
        ETag: etag,
        ...(checksum ? { ChecksumAlgorithm: [checksum.algorithm], ChecksumType: checksum.type } : {}),
        Size: body.length,
        StorageClass: storageClass,
        ...(withOwner ? { Owner: { ID: ownerId(bucket.account) } } : {}),
      },
    ];
  });
}

const makeToken = (key: string): string => `1${Buffer.from(key).toString('base64url')}`;

function openToken(token: string): string {
  if (!/^1[A-Za-z0-9_-]+$/.test(token)) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  }
  return Buffer.from(token.slice(1), 'base64url').toString();
}
