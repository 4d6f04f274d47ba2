import type { ListObjectVersionsOutput, ListObjectVersionsRequest } from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { ownerId } from './buckets.ts';
import { invalidArgument } from './errors.ts';
import { type Entry, keyWriter, listPage, pageSize } from './listing.ts';
import { commonPrefixes } from './lists.ts';
import type { BucketRecord, History, Version } from './model.ts';
import { checkVersionId, type S3State } from './state.ts';

interface ListedVersion {
  readonly version: Version;
  readonly latest: boolean;
}

/** ListObjectVersions: all versions and delete markers, keys in order, of each key the newest first. */
export function versionListHandlers(state: S3State) {
  return {
    ListObjectVersions(
      input: Decoded<ListObjectVersionsRequest>,
      request: RequestContext,
    ): ListObjectVersionsOutput {
      const bucket = state.bucket(input, request);
      const write = keyWriter(input.EncodingType);
      const keyMarker = input.KeyMarker || undefined;
      const versionIdMarker = input.VersionIdMarker;
      if (versionIdMarker !== undefined && keyMarker === undefined) {
        throw invalidArgument(
          'A version-id marker cannot be specified without a key marker.',
          'version-id-marker',
          versionIdMarker,
        );
      }
      checkVersionId(versionIdMarker);
      const max = pageSize(input.MaxKeys);
      const { entries, truncated } = listPage({
        keys: bucket.keys,
        prefix: input.Prefix ?? '',
        delimiter: input.Delimiter ?? '',
        max,
        after: keyMarker,
        resumesInKey: versionIdMarker !== undefined,
        items: (key, history) => newestFirst(history, key === keyMarker ? versionIdMarker : undefined),
      });
      const last = entries.at(-1);
      return {
        Name: bucket.name,
        Prefix: write(input.Prefix ?? ''),
        KeyMarker: write(input.KeyMarker ?? ''),
        VersionIdMarker: versionIdMarker ?? '',
        ...(input.Delimiter === undefined ? {} : { Delimiter: write(input.Delimiter) }),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        MaxKeys: max,
        IsTruncated: truncated,
        ...(truncated && last ? next(last, write) : {}),
        ...versionsAndMarkers(bucket, entries, write),
        CommonPrefixes: commonPrefixes(entries, write),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

const next = (last: Entry<ListedVersion>, write: (key: string) => string) => ({
  NextKeyMarker: write(last.key),
  ...(last.kind === 'item' ? { NextVersionIdMarker: last.item.version.versionId } : {}),
});

/** Behind the marker, if there is one. A version that has been deleted since marks nothing: the key starts over. */
function newestFirst(history: History, marker: string | undefined): ListedVersion[] {
  const listed = history
    .map((version, index) => ({ version, latest: index === history.length - 1 }))
    .reverse();
  if (marker === undefined) return listed;
  return listed.slice(listed.findIndex(({ version }) => version.versionId === marker) + 1);
}

function versionsAndMarkers(
  bucket: BucketRecord,
  entries: readonly Entry<ListedVersion>[],
  write: (key: string) => string,
): Pick<ListObjectVersionsOutput, 'Versions' | 'DeleteMarkers'> {
  const versions: NonNullable<ListObjectVersionsOutput['Versions']> = [];
  const markers: NonNullable<ListObjectVersionsOutput['DeleteMarkers']> = [];
  for (const entry of entries) {
    if (entry.kind === 'prefix') continue;
    const { version, latest } = entry.item;
    const common = {
      Key: write(entry.key),
      VersionId: version.versionId,
      IsLatest: latest,
      LastModified: new Date(version.modifiedAt),
      Owner: { ID: ownerId(bucket.account) },
    };
    if (version.kind === 'marker') {
      markers.push(common);
      continue;
    }
    versions.push({
      ...common,
      ETag: version.etag,
      ...(version.checksum
        ? { ChecksumAlgorithm: [version.checksum.algorithm], ChecksumType: version.checksum.type }
        : {}),
      Size: version.body.length,
      StorageClass: version.storageClass === 'STANDARD' ? 'STANDARD' : undefined,
    });
  }
  return { Versions: versions, DeleteMarkers: markers };
}
