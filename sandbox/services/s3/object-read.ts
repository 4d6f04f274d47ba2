import type {
  GetObjectOutput,
  GetObjectRequest,
  HeadObjectOutput,
  HeadObjectRequest,
} from '@aws-sdk/client-s3';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { encryptionFields, lockFields } from './attributes.ts';
import { checksumFields } from './checksums.ts';
import { type ByteRange, checkRead, parseRange } from './conditions.ts';
import { deleteMarkerNotAllowed, invalidRequest, noSuchKey, noSuchVersion, s3Error } from './errors.ts';
import { type BucketRecord, findVersion, type ObjectVersion } from './model.ts';
import { checkVersionId, type S3State } from './state.ts';

/** GetObject and HeadObject. */
export function objectReadHandlers(state: S3State) {
  return {
    GetObject(
      input: Decoded<GetObjectRequest>,
      request: RequestContext,
    ): Omit<GetObjectOutput, 'Body'> & { Body: Uint8Array } {
      const { answer, body } = read(state, input, request);
      const overridden = {
        CacheControl: input.ResponseCacheControl ?? answer.CacheControl,
        ContentDisposition: input.ResponseContentDisposition ?? answer.ContentDisposition,
        ContentEncoding: input.ResponseContentEncoding ?? answer.ContentEncoding,
        ContentLanguage: input.ResponseContentLanguage ?? answer.ContentLanguage,
        ContentType: input.ResponseContentType ?? answer.ContentType,
        Expires: input.ResponseExpires ?? answer.Expires,
      };
      return { ...answer, ...overridden, Body: body };
    },

    /** No body in either direction: what went wrong shows in the status alone. */
    HeadObject(input: Decoded<HeadObjectRequest>, request: RequestContext): HeadObjectOutput {
      try {
        return read(state, input, request).answer;
      } catch (error) {
        if (error instanceof ServiceError && error.status === 404) {
          throw s3Error('NotFound', 404, 'Not Found', {}, error.headers);
        }
        throw error;
      }
    },
  } satisfies Record<string, AnyHandler>;
}

type ReadInput = Pick<
  Decoded<GetObjectRequest>,
  | 'Bucket'
  | 'Key'
  | 'VersionId'
  | 'Range'
  | 'PartNumber'
  | 'ChecksumMode'
  | 'ExpectedBucketOwner'
  | 'IfMatch'
  | 'IfNoneMatch'
  | 'IfModifiedSince'
  | 'IfUnmodifiedSince'
>;

function read(state: S3State, input: ReadInput, request: RequestContext) {
  const bucket = state.bucket(input, request);
  const version = readable(
    bucket,
    input.Key,
    input.VersionId,
    request.action === 'HeadObject' ? 'HEAD' : 'GET',
  );
  checkRead(version, input, {
    etag: version.etag,
    'last-modified': new Date(version.modifiedAt).toUTCString(),
    ...versionHeader(bucket, version),
  });
  const range = rangeOf(version, input);
  const body = range ? version.body.subarray(range.start, range.end + 1) : version.body;
  const whole = input.ChecksumMode === 'ENABLED' && !range;
  const answer = {
    AcceptRanges: 'bytes',
    LastModified: new Date(version.modifiedAt),
    ContentLength: body.length,
    ...(range ? { ContentRange: `bytes ${range.start}-${range.end}/${version.body.length}` } : {}),
    ETag: version.etag,
    ...(whole ? { ...checksumFields(version.checksum), ChecksumType: version.checksum?.type } : {}),
    ...version.headers,
    Metadata: { ...version.metadata },
    ...(version.storageClass === 'STANDARD' ? {} : { StorageClass: version.storageClass }),
    ...(version.tags.length > 0 ? { TagCount: version.tags.length } : {}),
    ...(input.PartNumber !== undefined && version.partSizes.length > 0
      ? { PartsCount: version.partSizes.length }
      : {}),
    ...encryptionFields(version),
    ...lockFields(version),
    ...(bucket.versioning ? { VersionId: version.versionId } : {}),
  };
  return { answer, body };
}

/** The version to read; a delete marker says in its headers that it is one. */
export function readable(
  bucket: BucketRecord,
  key: string,
  versionId: string | undefined,
  method: string,
): ObjectVersion {
  checkVersionId(versionId);
  const version = findVersion(bucket.keys.get(key), versionId);
  if (version?.kind === 'object') return version;
  if (!version) throw versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId);
  const headers = { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, version) };
  if (versionId === undefined) throw noSuchKey(key, headers);
  throw deleteMarkerNotAllowed(method, {
    ...headers,
    'last-modified': new Date(version.modifiedAt).toUTCString(),
  });
}

const versionHeader = (
  bucket: BucketRecord,
  version: { readonly versionId: string },
): Record<string, string> => (bucket.versioning ? { 'x-amz-version-id': version.versionId } : {});

function rangeOf(version: ObjectVersion, input: ReadInput): ByteRange | undefined {
  const { PartNumber: part, Range: range } = input;
  if (part === undefined) return parseRange(range, version.body.length);
  if (range !== undefined)
    throw invalidRequest('Cannot specify both Range header and partNumber query parameter');
  const sizes = version.partSizes.length > 0 ? version.partSizes : [version.body.length];
  const size = sizes[part - 1];
  if (size === undefined) {
    throw s3Error('InvalidPartNumber', 416, 'The requested partnumber is not satisfiable', {
      PartNumberRequested: String(part),
      ActualPartCount: String(sizes.length),
    });
  }
  const start = sizes.slice(0, part - 1).reduce((sum, one) => sum + one, 0);
  return size === 0 ? undefined : { start, end: start + size - 1 };
}
