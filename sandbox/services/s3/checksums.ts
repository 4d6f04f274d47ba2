import { createHash } from 'node:crypto';
import type { ChecksumAlgorithm } from '@aws-sdk/client-s3';
import { computeChecksum } from '../../protocols/checksums.ts';
import { invalidRequest, s3Error } from './errors.ts';
import type { Checksum } from './model.ts';

/** The checksum members that requests and answers of many operations share. */
export interface ChecksumFields {
  ChecksumCRC32?: string | undefined;
  ChecksumCRC32C?: string | undefined;
  ChecksumCRC64NVME?: string | undefined;
  ChecksumSHA1?: string | undefined;
  ChecksumSHA256?: string | undefined;
  ChecksumSHA512?: string | undefined;
  ChecksumMD5?: string | undefined;
}

type Supported = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'SHA512' | 'MD5';

const fields = {
  CRC32: 'ChecksumCRC32',
  CRC32C: 'ChecksumCRC32C',
  CRC64NVME: 'ChecksumCRC64NVME',
  SHA1: 'ChecksumSHA1',
  SHA256: 'ChecksumSHA256',
  SHA512: 'ChecksumSHA512',
  MD5: 'ChecksumMD5',
} satisfies Record<Supported, keyof ChecksumFields>;

const isSupported = (algorithm: string): algorithm is Supported => Object.hasOwn(fields, algorithm);

export const md5Hex = (body: Uint8Array): string => createHash('md5').update(body).digest('hex');

/** Base64, as S3 sends it. The XXHASH family is refused, not guessed. */
export function checksumOf(algorithm: ChecksumAlgorithm, body: Uint8Array): string {
  const value = computeChecksum(algorithm, body);
  if (value === undefined) {
    throw s3Error(
      'NotImplemented',
      501,
      `The sandbox does not implement the checksum algorithm ${algorithm}.`,
    );
  }
  return value;
}

/** The algorithm and value that the client sent, if it sent one. */
export function sentChecksum(
  input: ChecksumFields,
): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  for (const [algorithm, field] of Object.entries(fields)) {
    const value = input[field];
    if (value !== undefined && isSupported(algorithm)) return { algorithm, value };
  }
  return undefined;
}

/**
 * The checksum to store: the client's algorithm, else CRC64NVME, which S3 adds by itself ("Checking object
 * integrity", Amazon S3 User Guide). What the client said of the body has been verified with the request.
 */
export function bodyChecksum(
  input: ChecksumFields & { ChecksumAlgorithm?: ChecksumAlgorithm | undefined },
  body: Uint8Array,
): Checksum {
  const sent = sentChecksum(input);
  if (sent) return { ...sent, type: 'FULL_OBJECT' };
  const algorithm = input.ChecksumAlgorithm ?? 'CRC64NVME';
  return { algorithm, value: checksumOf(algorithm, body), type: 'FULL_OBJECT' };
}

/** Members of an answer that carry a stored checksum. */
export function checksumFields(checksum: Checksum | undefined): ChecksumFields {
  return checksum && isSupported(checksum.algorithm) ? { [fields[checksum.algorithm]]: checksum.value } : {};
}

/** Operations whose body must be protected by the client refuse a request without any digest. */
export function requireDigest(headers: Readonly<Record<string, string | undefined>>, message: string): void {
  const given = Object.entries(headers).some(
    ([name, value]) =>
      value !== undefined &&
      (name === 'content-md5' ||
        name === 'x-amz-sdk-checksum-algorithm' ||
        (name.startsWith('x-amz-checksum-') && name !== 'x-amz-checksum-type') ||
        (name === 'x-amz-trailer' && value.includes('x-amz-checksum-'))),
  );
  if (!given) throw invalidRequest(message);
}
