import type {
  CompletedPart,
  CompleteMultipartUploadOutput,
  CompleteMultipartUploadRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { encryptionFields } from './attributes.ts';
import { checksumFields, checksumOf, md5Hex, sentChecksum } from './checksums.ts';
import { conditionally } from './conditions.ts';
import { malformedXml, s3Error } from './errors.ts';
import type { Checksum, ObjectVersion, Upload, UploadedPart } from './model.ts';
import { findUpload } from './multipart.ts';
import { versionField } from './object-write.ts';
import type { S3State } from './state.ts';

const minPartBytes = 5 * 1024 * 1024;

/** CompleteMultipartUpload. The upload stays when a condition or a part is wrong. */
export function multipartCompleteHandlers(state: S3State) {
  return {
    async CompleteMultipartUpload(
      input: Decoded<CompleteMultipartUploadRequest>,
      request: RequestContext,
    ): Promise<CompleteMultipartUploadOutput> {
      const bucket = state.bucket(input, request);
      const upload = findUpload(bucket, input);
      const parts = chosenParts(upload, input.MultipartUpload?.Parts ?? []);
      const body = Buffer.concat(parts.map((part) => part.body));
      const version: ObjectVersion = {
        kind: 'object',
        versionId: state.newVersionId(bucket),
        modifiedAt: state.timestamp(request.now),
        body,
        etag: `"${md5Hex(Buffer.concat(parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex'))))}-${parts.length}"`,
        checksum: checksumOfUpload(upload, parts, body),
        partSizes: parts.map((part) => part.body.length),
        ...upload.attributes,
      };
      const sent = sentChecksum(input);
      if (sent && sent.algorithm === version.checksum?.algorithm) {
        const [expected] = sent.value.split('-');
        if (expected !== version.checksum.value.split('-')[0]) {
          throw s3Error(
            'BadDigest',
            400,
            `The ${sent.algorithm} you specified did not match the calculated checksum.`,
          );
        }
      }
      if (input.MpuObjectSize !== undefined && Number(input.MpuObjectSize) !== body.length) {
        throw s3Error(
          'InvalidRequest',
          400,
          'The provided x-amz-mp-object-size header value does not match what was computed.',
        );
      }
      await conditionally(state, bucket, input, () => {
        state.push(bucket, input.Key, version);
        bucket.uploads.delete(upload.id);
      });
      return {
        Location: `http://${bucket.name}.s3.${bucket.region}.amazonaws.com/${input.Key}`,
        Bucket: bucket.name,
        Key: input.Key,
        ETag: version.etag,
        ...checksumFields(version.checksum),
        ChecksumType: version.checksum?.type,
        ...encryptionFields(version),
        ...versionField(bucket, version),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

/** In the order of the list, which must ascend; each as it was uploaded last; only the last may be small. */
function chosenParts(upload: Upload, list: readonly CompletedPart[]): UploadedPart[] {
  if (list.length === 0) throw malformedXml();
  const disordered = list.some(
    ({ PartNumber: number = 0 }, index) => index > 0 && number <= (list[index - 1]?.PartNumber ?? 0),
  );
  if (disordered) {
    throw s3Error(
      'InvalidPartOrder',
      400,
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
      { UploadId: upload.id },
    );
  }
  return list.map(({ PartNumber: number, ETag: etag }, index) => {
    if (number === undefined || etag === undefined) throw malformedXml();
    const part = upload.parts.get(number);
    if (!part || part.etag.slice(1, -1) !== etag.replaceAll('"', '')) {
      throw s3Error(
        'InvalidPart',
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { UploadId: upload.id, PartNumber: String(number), ETag: etag },
      );
    }
    if (index < list.length - 1 && part.body.length < minPartBytes) {
      throw s3Error('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size', {
        ProposedSize: String(part.body.length),
        MinSizeAllowed: String(minPartBytes),
        PartNumber: String(number),
      });
    }
    return part;
  });
}

function checksumOfUpload(upload: Upload, parts: readonly UploadedPart[], body: Uint8Array): Checksum {
  const algorithm = upload.checksumAlgorithm ?? 'CRC64NVME';
  if (upload.checksumType === 'FULL_OBJECT') {
    return { algorithm, value: checksumOf(algorithm, body), type: 'FULL_OBJECT' };
  }
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.checksum ?? '', 'base64')));
  return { algorithm, value: `${checksumOf(algorithm, digests)}-${parts.length}`, type: 'COMPOSITE' };
}
