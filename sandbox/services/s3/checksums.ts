import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ChecksumAlgorithm } from '@aws-sdk/client-s3';
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

/** Base64 of the big-endian digest, as S3 sends it. The XXHASH family is refused, not guessed. */
export function checksumOf(algorithm: ChecksumAlgorithm, body: Uint8Array): string {
  if (!isSupported(algorithm)) {
    throw s3Error(
      'NotImplemented',
      501,
      `The sandbox does not implement the checksum algorithm ${algorithm}.`,
    );
  }
  switch (algorithm) {
    case 'CRC32':
      return bigEndian([crc32(body)]);
    case 'CRC32C':
      return bigEndian([crc32c(body)]);
    case 'CRC64NVME':
      return bigEndian(crc64nvme(body));
    default:
      return createHash(algorithm.toLowerCase()).update(body).digest('base64');
  }
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
 * Checks what the client says about the body and returns the checksum to store: the client's algorithm, else
 * CRC64NVME, which S3 adds by itself ("Checking object integrity", Amazon S3 User Guide).
 */
export function verifyBody(
  input: ChecksumFields & {
    ContentMD5?: string | undefined;
    ChecksumAlgorithm?: ChecksumAlgorithm | undefined;
  },
  body: Uint8Array,
): Checksum {
  if (input.ContentMD5 !== undefined) {
    if (Buffer.from(input.ContentMD5, 'base64').length !== 16) {
      throw s3Error('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.');
    }
    if (createHash('md5').update(body).digest('base64') !== input.ContentMD5) {
      throw s3Error('BadDigest', 400, 'The Content-MD5 you specified did not match what we received.');
    }
  }
  const sent = sentChecksum(input);
  const algorithm = sent?.algorithm ?? input.ChecksumAlgorithm ?? 'CRC64NVME';
  const value = checksumOf(algorithm, body);
  if (sent && sent.value !== value) {
    throw s3Error('BadDigest', 400, `The ${algorithm} you specified did not match the calculated checksum.`);
  }
  return { algorithm, value, type: 'FULL_OBJECT' };
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

function bigEndian(words: readonly number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, index * 4);
  return bytes.toString('base64');
}

const crc32cTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(body: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of body) crc = (crc >>> 8) ^ (crc32cTable[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

// CRC-64/NVME, reflected polynomial 0x9a6c9329ac4bc9b5, in two 32-bit halves because BigInt is far slower.
const crc64High = new Uint32Array(256);
const crc64Low = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let high = 0;
  let low = index;
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1;
    low = (low >>> 1) | ((high & 1) << 31);
    high >>>= 1;
    if (odd) {
      high ^= 0x9a6c9329;
      low ^= 0xac4bc9b5;
    }
  }
  crc64High[index] = high;
  crc64Low[index] = low;
}

function crc64nvme(body: Uint8Array): [high: number, low: number] {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of body) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (crc64Low[index] ?? 0);
    high = (high >>> 8) ^ (crc64High[index] ?? 0);
  }
  return [~high >>> 0, ~low >>> 0];
}
