import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  conditionalConflict,
  invalidArgument,
  noSuchKey,
  notModified,
  preconditionFailed,
  s3Error,
} from './errors.ts';
import type { BucketRecord, ObjectVersion, Version } from './model.ts';
import type { S3State } from './state.ts';

export interface WriteConditions {
  readonly Key: string;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

const sameEtag = (given: string, etag: string): boolean =>
  given === '*' || given.replace(/^W\//, '').replace(/^"(.*)"$/, '$1') === etag.slice(1, -1);

/**
 * Runs `write` under the request's conditions, which look at the current version only: after a delete marker the
 * key counts as free again. Conditional writes of one key that overlap answer 409 to the later one, those that
 * follow each other 412 ("How to prevent object overwrites with conditional writes", Amazon S3 User Guide).
 */
export async function conditionally<T>(
  state: S3State,
  bucket: BucketRecord,
  input: WriteConditions,
  write: () => T,
): Promise<T> {
  const { IfMatch: ifMatch, IfNoneMatch: ifNoneMatch, Key: key } = input;
  if (ifMatch === undefined && ifNoneMatch === undefined) return write();
  if (ifNoneMatch !== undefined && (ifNoneMatch !== '*' || ifMatch !== undefined)) {
    throw s3Error(
      'NotImplemented',
      501,
      'A header you provided implies functionality that is not implemented.',
      { Header: 'If-None-Match' },
    );
  }
  const condition = ifMatch === undefined ? 'If-None-Match' : 'If-Match';
  if (!state.beginConditionalWrite(bucket, key)) throw conditionalConflict(condition, key);
  try {
    const { conditionalWriteMilliseconds: duration } = state.switches;
    await (duration > 0 ? setTimeout(duration) : setImmediate());
    checkWrite(bucket, input);
    return write();
  } finally {
    state.endConditionalWrite(bucket, key);
  }
}

/** Also the condition of a conditional delete. */
export function checkWrite(bucket: BucketRecord, input: WriteConditions): void {
  const current = bucket.keys.get(input.Key)?.at(-1);
  if (input.IfNoneMatch !== undefined && current?.kind === 'object')
    throw preconditionFailed('If-None-Match');
  if (input.IfMatch === undefined) return;
  if (current?.kind !== 'object') throw noSuchKey(input.Key);
  if (!sameEtag(input.IfMatch, current.etag)) throw preconditionFailed('If-Match');
}

export interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** An entity tag decides over a date of the same direction ("GetObject", API Reference, after RFC 9110). */
export function checkRead(
  version: ObjectVersion,
  input: ReadConditions,
  headers: Record<string, string>,
): void {
  const etags = (list: string): boolean =>
    list.split(',').some((given) => sameEtag(given.trim(), version.etag));
  const modifiedAfter = (date: Date): boolean => version.modifiedAt > date.getTime();
  if (input.IfMatch !== undefined) {
    if (!etags(input.IfMatch)) throw preconditionFailed('If-Match');
  } else if (input.IfUnmodifiedSince !== undefined && modifiedAfter(input.IfUnmodifiedSince)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (input.IfNoneMatch !== undefined) {
    if (etags(input.IfNoneMatch)) throw notModified(headers);
  } else if (input.IfModifiedSince !== undefined && !modifiedAfter(input.IfModifiedSince)) {
    throw notModified(headers);
  }
}

export interface CopyConditions {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

/** Of a copy every failed condition is 412. */
export function checkCopySource(version: ObjectVersion, input: CopyConditions): void {
  const { CopySourceIfMatch: match, CopySourceIfNoneMatch: noneMatch } = input;
  const { CopySourceIfModifiedSince: since, CopySourceIfUnmodifiedSince: unmodified } = input;
  const name = 'x-amz-copy-source-If';
  if (match !== undefined && !sameEtag(match, version.etag)) throw preconditionFailed(`${name}-Match`);
  if (noneMatch !== undefined && sameEtag(noneMatch, version.etag)) {
    throw preconditionFailed(`${name}-None-Match`);
  }
  if (match === undefined && unmodified && version.modifiedAt > unmodified.getTime()) {
    throw preconditionFailed(`${name}-Unmodified-Since`);
  }
  if (noneMatch === undefined && since && version.modifiedAt <= since.getTime()) {
    throw preconditionFailed(`${name}-Modified-Since`);
  }
}

export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Both ends inclusive. Undefined when the header asks for nothing that a range answer could give: another
 * unit, several ranges or nonsense, all of which S3 answers with the whole object.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw s3Error(
      'InvalidRange',
      416,
      'The requested range is not satisfiable',
      { ActualObjectSize: String(size), RangeRequested: header ?? '' },
      { 'content-range': `bytes */${size}` },
    );
  }
  return { start, end };
}

export const isDeleteMarker = (version: Version | undefined): boolean => version?.kind === 'marker';

export function checkPartNumber(partNumber: number): void {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10_000) {
    throw invalidArgument(
      'Part number must be an integer between 1 and 10000, inclusive',
      'partNumber',
      partNumber,
    );
  }
}
