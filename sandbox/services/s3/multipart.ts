import type {
  AbortMultipartUploadRequest,
  CreateMultipartUploadOutput,
  CreateMultipartUploadRequest,
  UploadPartCopyOutput,
  UploadPartCopyRequest,
  UploadPartOutput,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { checkKey, encryptionFields, writeAttributes } from './attributes.ts';
import { bodyChecksum, checksumFields, checksumOf, md5Hex } from './checksums.ts';
import { checkCopySource, checkPartNumber, parseRange } from './conditions.ts';
import { findSource } from './copy-source.ts';
import { invalidArgument, invalidRequest, noSuchUpload } from './errors.ts';
import type { BucketRecord, Upload, UploadedPart } from './model.ts';
import type { S3State } from './state.ts';

/** CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload. */
export function multipartHandlers(state: S3State) {
  return {
    CreateMultipartUpload(
      input: Decoded<CreateMultipartUploadRequest>,
      request: RequestContext,
    ): CreateMultipartUploadOutput {
      const bucket = state.bucket(input, request);
      checkKey(input.Key);
      const upload: Upload = {
        id: state.token(64),
        key: input.Key,
        initiatedAt: state.timestamp(request.now),
        attributes: writeAttributes(bucket, input, request.now),
        checksumAlgorithm: input.ChecksumAlgorithm,
        checksumType: checksumTypeOf(input),
        parts: new Map(),
      };
      bucket.uploads.set(upload.id, upload);
      return {
        Bucket: bucket.name,
        Key: input.Key,
        UploadId: upload.id,
        ...(upload.checksumAlgorithm
          ? { ChecksumAlgorithm: upload.checksumAlgorithm, ChecksumType: upload.checksumType }
          : {}),
        ...encryptionFields(upload.attributes),
      };
    },

    UploadPart(input: Decoded<UploadPartRequest>, request: RequestContext): UploadPartOutput {
      const upload = findUpload(state.bucket(input, request), input);
      checkPartNumber(input.PartNumber);
      const body = input.Body ?? new Uint8Array();
      const sent = { ...input, ChecksumAlgorithm: upload.checksumAlgorithm ?? input.ChecksumAlgorithm };
      const checksum = bodyChecksum(sent, body);
      if (upload.checksumAlgorithm && checksum.algorithm !== upload.checksumAlgorithm) {
        throw invalidRequest(
          `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
        );
      }
      const part = partOf(body, request.now, upload, state);
      upload.parts.set(input.PartNumber, part);
      return { ETag: part.etag, ...checksumFields(checksum), ...encryptionFields(upload.attributes) };
    },

    UploadPartCopy(input: Decoded<UploadPartCopyRequest>, request: RequestContext): UploadPartCopyOutput {
      const upload = findUpload(state.bucket(input, request), input);
      checkPartNumber(input.PartNumber);
      const { bucket: from, version: source } = findSource(state, input, request);
      checkCopySource(source, input);
      const range = parseRange(input.CopySourceRange, source.body.length);
      if (input.CopySourceRange !== undefined && !range) {
        throw invalidArgument(
          'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
          'x-amz-copy-source-range',
          input.CopySourceRange,
        );
      }
      const body = range ? source.body.subarray(range.start, range.end + 1) : source.body;
      const part = partOf(body, request.now, upload, state);
      upload.parts.set(input.PartNumber, part);
      return {
        CopyPartResult: { ETag: part.etag, LastModified: new Date(part.modifiedAt) },
        ...(from.versioning ? { CopySourceVersionId: source.versionId } : {}),
        ...encryptionFields(upload.attributes),
      };
    },

    AbortMultipartUpload(input: Decoded<AbortMultipartUploadRequest>, request: RequestContext): object {
      const bucket = state.bucket(input, request);
      bucket.uploads.delete(findUpload(bucket, input).id);
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

export function findUpload(
  bucket: BucketRecord,
  input: { readonly Key: string; readonly UploadId: string },
): Upload {
  const upload = bucket.uploads.get(input.UploadId);
  if (upload?.key !== input.Key) throw noSuchUpload(input.UploadId);
  return upload;
}

const partOf = (body: Uint8Array, now: number, upload: Upload, state: S3State): UploadedPart => ({
  body,
  etag: `"${md5Hex(body)}"`,
  modifiedAt: state.timestamp(now),
  checksum: upload.checksumAlgorithm ? checksumOf(upload.checksumAlgorithm, body) : undefined,
});

/** CRC64NVME is always of the whole object; the others are of the parts' checksums unless asked otherwise. */
function checksumTypeOf(input: Decoded<CreateMultipartUploadRequest>): Upload['checksumType'] {
  const algorithm = input.ChecksumAlgorithm;
  const always = algorithm === undefined || algorithm === 'CRC64NVME';
  const type = input.ChecksumType ?? (always ? 'FULL_OBJECT' : 'COMPOSITE');
  const possible = always
    ? type === 'FULL_OBJECT'
    : type === 'COMPOSITE' || algorithm === 'CRC32' || algorithm === 'CRC32C';
  if (!possible) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${(algorithm ?? 'CRC64NVME').toLowerCase()} checksum algorithm.`,
    );
  }
  return type;
}
