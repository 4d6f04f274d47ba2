/** Checksums that S3 clients send with a body ("Checking object integrity" in the S3 documentation). */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ServiceError } from '../service.ts';

type Checksum = (body: Uint8Array) => Buffer;

const hash =
  (algorithm: string): Checksum =>
  (body) =>
    createHash(algorithm).update(body).digest();

const CHECKSUMS: Readonly<Record<string, Checksum>> = {
  crc32: (body) => uint32(crc32(body)),
  crc32c: (body) => uint32(crc32c(body)),
  crc64nvme,
  sha1: hash('sha1'),
  sha256: hash('sha256'),
  sha512: hash('sha512'),
  md5: hash('md5'),
};

/** Base64 as in the header `x-amz-checksum-<algorithm>`; undefined for an algorithm that the sandbox cannot compute. */
export function computeChecksum(algorithm: string, body: Uint8Array): string | undefined {
  const name = algorithm.toLowerCase();
  return Object.hasOwn(CHECKSUMS, name) ? CHECKSUMS[name]?.(body).toString('base64') : undefined;
}

const PREFIX = 'x-amz-checksum-';
/** Headers of the same prefix that are no checksums. */
const NOT_CHECKSUMS = new Set(['algorithm', 'mode', 'type']);

/**
 * Compares every checksum in the headers, trailers included, with the body.
 * @throws ServiceError `BadDigest`, `InvalidDigest`, `InvalidRequest`
 */
export function verifyChecksums(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
): void {
  const md5 = headers['content-md5'];
  if (md5 !== undefined) {
    if (Buffer.from(md5, 'base64').length !== 16) {
      throw new ServiceError('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400);
    }
    if (hash('md5')(body).toString('base64') !== md5) {
      throw new ServiceError(
        'BadDigest',
        'The Content-MD5 you specified did not match what we received.',
        400,
      );
    }
  }
  for (const [name, expected] of Object.entries(headers)) {
    if (!name.startsWith(PREFIX) || expected === undefined) continue;
    const algorithm = name.slice(PREFIX.length);
    if (NOT_CHECKSUMS.has(algorithm)) continue;
    const checksum = Object.hasOwn(CHECKSUMS, algorithm) ? CHECKSUMS[algorithm] : undefined;
    // XXHash is in neither node:crypto nor node:zlib: better refused than believed.
    if (!checksum) throw new ServiceError('NotImplemented', `The sandbox cannot verify ${name}.`, 501);
    const actual = checksum(body);
    // A multipart upload's checksum of checksums carries the number of parts: `<base64>-3`.
    if (/-\d+$/.test(expected)) continue;
    if (Buffer.from(expected, 'base64').length !== actual.length) {
      throw new ServiceError('InvalidRequest', `Value for ${name} header is invalid.`, 400);
    }
    if (actual.toString('base64') !== expected) {
      const message = `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`;
      throw new ServiceError('BadDigest', message, 400);
    }
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

let crc32cTable: Uint32Array | undefined;

/** Castagnoli's polynomial, bit-reversed (RFC 3720, appendix B.4). */
function crc32c(body: Uint8Array): number {
  crc32cTable ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    return crc;
  });
  let crc = 0xffffffff;
  for (const byte of body) crc = (crc >>> 8) ^ (crc32cTable[(crc ^ byte) & 0xff] ?? 0);
  return ~crc;
}

/** CRC-64/NVME: polynomial 0xad93d23594c93659, reflected, all ones in and out (NVM Express specification). */
let crc64Table: { readonly high: Uint32Array; readonly low: Uint32Array } | undefined;

/** In two 32-bit halves, because BigInt would be a hundred times slower. */
function crc64nvme(body: Uint8Array): Buffer {
  crc64Table ??= makeCrc64Table();
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of body) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (crc64Table.low[index] ?? 0);
    high = (high >>> 8) ^ (crc64Table.high[index] ?? 0);
  }
  return Buffer.concat([uint32(~high), uint32(~low)]);
}

function makeCrc64Table() {
  const table = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let index = 0; index < 256; index += 1) {
    let high = 0;
    let low = index;
    for (let bit = 0; bit < 8; bit += 1) {
      const odd = low & 1;
      low = (low >>> 1) | ((high & 1) << 31);
      high >>>= 1;
      if (odd) {
        high ^= 0x9a6c9329;
        low ^= 0xac4bc9b5;
      }
    }
    table.high[index] = high;
    table.low[index] = low;
  }
  return table;
}
