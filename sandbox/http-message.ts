/** From Node's HTTP objects to a wire request and back. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { type ChunkedBody, decodeAwsChunked } from './protocols/aws-chunked.ts';
import { DecodeError } from './protocols/failures.ts';
import type { WireResponse } from './protocols/rest.ts';
import type { WireRequest } from './protocols/wire.ts';
import { ServiceError } from './service.ts';

/** Far above what any request of a backup holds, low enough not to fill the memory. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** @throws ServiceError `EntityTooLarge` */
export async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of message) {
    // Without an encoding set, Node's requests yield nothing but Buffers.
    const bytes: Buffer = piece;
    length += bytes.length;
    if (length > MAX_BODY_BYTES) {
      throw new ServiceError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400);
    }
    pieces.push(bytes);
  }
  const target = message.url ?? '/';
  const question = target.indexOf('?');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return {
    method: message.method ?? 'GET',
    // Not `new URL()`: it would turn the S3 key `a/../b` into `b`.
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    rawHeaders: message.rawHeaders,
    headers,
    body: pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces),
  };
}

/**
 * The request without its transfer encoding: S3's chunks undone with their trailers among the headers, a
 * compressed query or JSON body inflated.
 * @param verify is called with a chunked body before anything of it is believed
 */
export function decodeTransfer(
  request: WireRequest,
  isS3: boolean,
  verify: (body: ChunkedBody) => void,
): WireRequest {
  const encodings = (request.headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '');
  if (!isS3) {
    return encodings.includes('gzip') ? { ...request, body: inflate(request.body) } : request;
  }
  const declared = request.headers['x-amz-content-sha256'] ?? '';
  if (!encodings.includes('aws-chunked') && !declared.startsWith('STREAMING-')) return request;
  const chunked = decodeAwsChunked(request.body);
  verify(chunked);
  const expected = request.headers['x-amz-decoded-content-length'];
  if (expected !== undefined && Number(expected) !== chunked.body.length) {
    throw new ServiceError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the x-amz-decoded-content-length header.',
      400,
    );
  }
  const rest = encodings.filter((encoding) => encoding !== 'aws-chunked').join(',');
  return {
    ...request,
    body: chunked.body,
    headers: {
      ...request.headers,
      ...Object.fromEntries(chunked.trailers),
      'content-length': String(chunked.body.length),
      'content-encoding': rest === '' ? undefined : rest,
    },
  };
}

function inflate(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    throw new DecodeError('malformed', '', 'the body is not gzip');
  }
}

/** Statuses whose answers have no body by definition (RFC 9110). */
function hasNoBody(method: string | undefined, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

export async function sendResponse(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: WireResponse,
): Promise<void> {
  if (hasNoBody(message.method, status)) {
    // A HEAD answer may name the length of what GET would send.
    response.writeHead(status, headers).end();
    return;
  }
  if (typeof body === 'string' || body instanceof Uint8Array) {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    return;
  }
  response.writeHead(status, headers);
  try {
    for await (const piece of body) {
      if (response.destroyed) return;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  } catch {
    // The status is out already: a broken connection is the only way left to say that the body is not whole.
    response.destroy();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
