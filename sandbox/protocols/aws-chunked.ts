/**
 * Bodies sent in signed or unsigned chunks ("Signature calculations: transferring payload in multiple chunks" in
 * the S3 API reference): `<hex size>[;chunk-signature=<hex>]CRLF<bytes>CRLF`, a chunk of size 0, then trailers.
 */
import { ServiceError } from '../service.ts';

export interface Chunk {
  readonly bytes: Buffer;
  readonly signature: string | undefined;
}

export interface ChunkedBody {
  /** The last one is empty. */
  readonly chunks: readonly Chunk[];
  readonly body: Buffer;
  /** In the order sent, names in lower case, without `x-amz-trailer-signature`. */
  readonly trailers: readonly (readonly [name: string, value: string])[];
  readonly trailerSignature: string | undefined;
}

/** @throws ServiceError `IncompleteBody`, `InvalidChunkSizeError` is not told apart from it */
export function decodeAwsChunked(source: Buffer): ChunkedBody {
  const chunks: Chunk[] = [];
  let position = 0;
  for (;;) {
    const end = source.indexOf('\r\n', position);
    if (end < 0) throw incomplete();
    const [size = '', ...extensions] = source.toString('latin1', position, end).split(';');
    if (!/^[0-9a-fA-F]{1,8}$/.test(size.trim())) throw incomplete();
    const length = Number.parseInt(size, 16);
    const signature = extensions
      .map((item) => /^\s*chunk-signature=([0-9a-f]{64})\s*$/.exec(item)?.[1])
      .find(Boolean);
    position = end + 2;
    if (position + length > source.length) throw incomplete();
    chunks.push({ bytes: source.subarray(position, position + length), signature });
    position += length;
    if (length === 0) break;
    if (source.toString('latin1', position, position + 2) !== '\r\n') throw incomplete();
    position += 2;
  }
  const trailers: [string, string][] = [];
  let trailerSignature: string | undefined;
  for (const line of source.toString('latin1', position).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') trailerSignature = value;
    else trailers.push([name, value]);
  }
  return { chunks, body: Buffer.concat(chunks.map((chunk) => chunk.bytes)), trailers, trailerSignature };
}

function incomplete(): ServiceError {
  return new ServiceError(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
    400,
  );
}
