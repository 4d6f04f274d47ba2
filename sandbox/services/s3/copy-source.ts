import type { RequestContext } from '../../service.ts';
import {
  invalidArgument,
  invalidRequest,
  noSuchBucket,
  noSuchKey,
  noSuchVersion,
  s3Error,
} from './errors.ts';
import { type BucketRecord, findVersion, type ObjectVersion } from './model.ts';
import { checkVersionId, type S3State } from './state.ts';

export interface CopySource {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly version: ObjectVersion;
  /** The request named the version. */
  readonly byVersion: boolean;
}

/** `[/]<bucket>/<key, URL-encoded>[?versionId=<id>]`, the header of CopyObject and UploadPartCopy. */
export function findSource(
  state: S3State,
  input: { readonly CopySource: string; readonly ExpectedSourceBucketOwner?: string | undefined },
  request: RequestContext,
): CopySource {
  const [path = '', versionId] = input.CopySource.split('?versionId=');
  const decoded = decode(path, input.CopySource).replace(/^\//, '');
  const slash = decoded.indexOf('/');
  const key = decoded.slice(slash + 1);
  if (slash < 1 || key === '') {
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      input.CopySource,
    );
  }
  checkVersionId(versionId);
  const name = decoded.slice(0, slash);
  const bucket = state.buckets.get(name);
  if (!bucket) throw noSuchBucket(name);
  state.checkOwner(bucket, request.caller, input.ExpectedSourceBucketOwner);
  const version = findVersion(bucket.keys.get(key), versionId);
  if (!version && versionId !== undefined) throw noSuchVersion(key, versionId);
  if (version?.kind === 'marker' && versionId !== undefined) {
    throw invalidRequest(
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  }
  if (version?.kind !== 'object') throw noSuchKey(key);
  if (version.storageClass === 'GLACIER' || version.storageClass === 'DEEP_ARCHIVE') {
    throw s3Error('InvalidObjectState', 403, "The operation is not valid for the object's storage class", {
      StorageClass: version.storageClass,
    });
  }
  return { bucket, key, version, byVersion: versionId !== undefined };
}

function decode(path: string, header: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalidArgument('Invalid copy source encoding.', 'x-amz-copy-source', header);
  }
}
