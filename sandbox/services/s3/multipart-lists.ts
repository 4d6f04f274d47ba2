import type {
  ListMultipartUploadsOutput,
  ListMultipartUploadsRequest,
  ListPartsOutput,
  ListPartsRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { ownerId } from './buckets.ts';
import { checksumFields } from './checksums.ts';
import { keyWriter, pageSize } from './listing.ts';
import { findUpload } from './multipart.ts';
import { compareKeys } from './sorted-keys.ts';
import type { S3State } from './state.ts';

/** ListParts and ListMultipartUploads. */
export function multipartListHandlers(state: S3State) {
  return {
    ListParts(input: Decoded<ListPartsRequest>, request: RequestContext): ListPartsOutput {
      const bucket = state.bucket(input, request);
      const upload = findUpload(bucket, input);
      const max = pageSize(input.MaxParts);
      const marker = Number(input.PartNumberMarker ?? 0);
      const rest = [...upload.parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
      const page = rest.slice(0, max);
      const last = page.at(-1);
      const owner = { ID: ownerId(bucket.account) };
      return {
        Bucket: bucket.name,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: String(marker),
        ...(last ? { NextPartNumberMarker: String(last[0]) } : {}),
        MaxParts: max,
        IsTruncated: rest.length > page.length,
        Parts: page.map(([number, part]) => ({
          PartNumber: number,
          LastModified: new Date(part.modifiedAt),
          ETag: part.etag,
          Size: part.body.length,
          ...checksumFields(
            upload.checksumAlgorithm && part.checksum
              ? { algorithm: upload.checksumAlgorithm, value: part.checksum, type: upload.checksumType }
              : undefined,
          ),
        })),
        Initiator: owner,
        Owner: owner,
        StorageClass: upload.attributes.storageClass,
        ...(upload.checksumAlgorithm
          ? { ChecksumAlgorithm: upload.checksumAlgorithm, ChecksumType: upload.checksumType }
          : {}),
      };
    },

    ListMultipartUploads(
      input: Decoded<ListMultipartUploadsRequest>,
      request: RequestContext,
    ): ListMultipartUploadsOutput {
      const bucket = state.bucket(input, request);
      const write = keyWriter(input.EncodingType);
      const max = pageSize(input.MaxUploads);
      const { KeyMarker: keyMarker = '', UploadIdMarker: idMarker, Prefix: prefix = '' } = input;
      const rest = [...bucket.uploads.values()]
        .filter((upload) => upload.key.startsWith(prefix))
        .filter((upload) => {
          const order = compareKeys(upload.key, keyMarker);
          return order > 0 || (order === 0 && idMarker !== undefined && upload.id > idMarker);
        })
        .sort((left, right) => compareKeys(left.key, right.key) || compareKeys(left.id, right.id));
      const page = rest.slice(0, max);
      const last = page.at(-1);
      const owner = { ID: ownerId(bucket.account) };
      return {
        Bucket: bucket.name,
        KeyMarker: write(keyMarker),
        UploadIdMarker: idMarker ?? '',
        Prefix: write(prefix),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        MaxUploads: max,
        IsTruncated: rest.length > page.length,
        ...(last ? { NextKeyMarker: write(last.key), NextUploadIdMarker: last.id } : {}),
        Uploads: page.map((upload) => ({
          UploadId: upload.id,
          Key: write(upload.key),
          Initiated: new Date(upload.initiatedAt),
          StorageClass: upload.attributes.storageClass,
          Owner: owner,
          Initiator: owner,
        })),
      };
    },
  } satisfies Record<string, AnyHandler>;
}
