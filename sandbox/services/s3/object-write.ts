import type {
  CopyObjectOutput,
  CopyObjectRequest,
  PutObjectOutput,
  PutObjectRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { checkKey, encryptionFields, writeAttributes } from './attributes.ts';
import { bodyChecksum, checksumFields, checksumOf, md5Hex, requireDigest } from './checksums.ts';
import { checkCopySource, conditionally } from './conditions.ts';
import { findSource } from './copy-source.ts';
import { invalidArgument, invalidRequest } from './errors.ts';
import type { BucketRecord, ObjectVersion } from './model.ts';
import type { S3State } from './state.ts';

const empty = new Uint8Array();

/** PutObject and CopyObject. */
export function objectWriteHandlers(state: S3State) {
  return {
    async PutObject(input: Decoded<PutObjectRequest>, request: RequestContext): Promise<PutObjectOutput> {
      const bucket = state.bucket(input, request);
      checkKey(input.Key);
      const attributes = writeAttributes(bucket, input, request.now);
      if (attributes.retention || attributes.legalHold !== undefined) {
        requireDigest(
          request.headers,
          'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
        );
      }
      const body = input.Body ?? empty;
      const checksum = bodyChecksum(input, body);
      const version: ObjectVersion = {
        kind: 'object',
        versionId: state.newVersionId(bucket),
        modifiedAt: state.timestamp(request.now),
        body,
        etag: `"${md5Hex(body)}"`,
        checksum,
        partSizes: [],
        ...attributes,
      };
      await conditionally(state, bucket, input, () => state.push(bucket, input.Key, version));
      return {
        ETag: version.etag,
        ...checksumFields(checksum),
        ChecksumType: checksum.type,
        ...encryptionFields(version),
        ...versionField(bucket, version),
      };
    },

    async CopyObject(input: Decoded<CopyObjectRequest>, request: RequestContext): Promise<CopyObjectOutput> {
      const bucket = state.bucket(input, request);
      checkKey(input.Key);
      const { bucket: from, key, version: source, byVersion } = findSource(state, input, request);
      checkCopySource(source, input);
      const replace = directive(input.MetadataDirective, 'x-amz-metadata-directive');
      const replaceTags = directive(input.TaggingDirective, 'x-amz-tagging-directive');
      const unchanged =
        !replace &&
        !replaceTags &&
        !byVersion &&
        (input.StorageClass ?? input.ServerSideEncryption) === undefined;
      if (from === bucket && key === input.Key && unchanged) {
        throw invalidRequest(
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        );
      }
      const chosen = writeAttributes(bucket, input, request.now);
      const algorithm = input.ChecksumAlgorithm ?? source.checksum?.algorithm ?? 'CRC64NVME';
      const version: ObjectVersion = {
        kind: 'object',
        versionId: state.newVersionId(bucket),
        modifiedAt: state.timestamp(request.now),
        body: source.body,
        // A copy is one object again, whatever parts its source was made of.
        etag: `"${md5Hex(source.body)}"`,
        checksum: { algorithm, value: checksumOf(algorithm, source.body), type: 'FULL_OBJECT' },
        partSizes: [],
        ...chosen,
        ...(replace ? {} : { headers: source.headers, metadata: source.metadata }),
        ...(replaceTags ? {} : { tags: source.tags }),
      };
      await conditionally(state, bucket, input, () => state.push(bucket, input.Key, version));
      return {
        CopyObjectResult: {
          ETag: version.etag,
          LastModified: new Date(version.modifiedAt),
          ...checksumFields(version.checksum),
          ChecksumType: 'FULL_OBJECT',
        },
        ...(from.versioning ? { CopySourceVersionId: source.versionId } : {}),
        ...encryptionFields(version),
        ...versionField(bucket, version),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

/** Writes tell the version id only where versioning is on. */
export const versionField = (
  bucket: BucketRecord,
  version: { readonly versionId: string },
): { VersionId?: string } => (bucket.versioning === 'Enabled' ? { VersionId: version.versionId } : {});

function directive(value: string | undefined, name: string): boolean {
  if (value === undefined || value === 'COPY') return false;
  if (value === 'REPLACE') return true;
  throw invalidArgument('Unknown directive.', name, value);
}
