import type {
  DeletedObject,
  DeleteObjectOutput,
  DeleteObjectRequest,
  DeleteObjectsOutput,
  DeleteObjectsRequest,
  _Error as KeyError,
} from '@aws-sdk/client-s3';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { requireDigest } from './checksums.ts';
import { checkWrite } from './conditions.ts';
import { invalidArgument, malformedXml } from './errors.ts';
import { checkDeletable } from './locks.ts';
import { type BucketRecord, findVersion } from './model.ts';
import { checkVersionId, type S3State } from './state.ts';

/** DeleteObject and DeleteObjects. */
export function objectDeleteHandlers(state: S3State) {
  return {
    DeleteObject(input: Decoded<DeleteObjectRequest>, request: RequestContext): DeleteObjectOutput {
      const bucket = state.bucket(input, request);
      checkWrite(bucket, { Key: input.Key, IfMatch: input.IfMatch });
      return remove(state, bucket, input, request.now);
    },

    DeleteObjects(input: Decoded<DeleteObjectsRequest>, request: RequestContext): DeleteObjectsOutput {
      const bucket = state.bucket(input, request);
      requireDigest(
        request.headers,
        'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
      );
      const objects = input.Delete.Objects ?? [];
      if (objects.length === 0 || objects.length > 1000) throw malformedXml();
      const deleted: DeletedObject[] = [];
      const errors: KeyError[] = [];
      for (const { Key: key, VersionId: versionId, ETag: etag } of objects) {
        if (key === undefined || key === '') throw malformedXml();
        const named = { Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
        try {
          checkWrite(bucket, { Key: key, IfMatch: etag });
          const one = { ...named, BypassGovernanceRetention: input.BypassGovernanceRetention };
          const { DeleteMarker: marker, VersionId: made } = remove(state, bucket, one, request.now);
          deleted.push({
            ...named,
            ...(marker ? { DeleteMarker: true, DeleteMarkerVersionId: made } : {}),
          });
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          errors.push({ ...named, Code: error.code, Message: error.message });
        }
      }
      return { ...(input.Delete.Quiet ? {} : { Deleted: deleted }), Errors: errors };
    },
  } satisfies Record<string, AnyHandler>;
}

interface Removal {
  readonly Key: string;
  readonly VersionId?: string | undefined;
  readonly BypassGovernanceRetention?: boolean | undefined;
}

/**
 * By version: gone for good, unless it is locked; one that is not there counts as deleted. Without: a delete
 * marker on top where versioning is or was on ("Deleting object versions", Amazon S3 User Guide).
 */
function remove(state: S3State, bucket: BucketRecord, input: Removal, now: number): DeleteObjectOutput {
  const { Key: key, VersionId: versionId } = input;
  checkVersionId(versionId);
  if (input.BypassGovernanceRetention && !bucket.objectLock) {
    throw invalidArgument(
      'x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.',
      'x-amz-bypass-governance-retention',
      undefined,
    );
  }
  const history = bucket.keys.get(key);
  if (versionId !== undefined) {
    const version = findVersion(history, versionId);
    if (version?.kind === 'object') {
      checkDeletable(version, input.BypassGovernanceRetention ?? false, now);
    }
    if (version) state.remove(bucket, key, versionId);
    return { ...(version?.kind === 'marker' ? { DeleteMarker: true } : {}), VersionId: versionId };
  }
  if (!bucket.versioning) {
    bucket.keys.delete(key);
    return {};
  }
  const marker = {
    kind: 'marker' as const,
    versionId: state.newVersionId(bucket),
    modifiedAt: state.timestamp(now),
  };
  state.push(bucket, key, marker);
  return { DeleteMarker: true, VersionId: marker.versionId };
}
