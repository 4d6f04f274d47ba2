import { DecodeError, EncodeError } from './failures.ts';
import type { Reference, TimestampFormat } from './schema.ts';

/** `2026-11-20T02:00:07Z`, with fractions or an offset; AWS reads a time without a zone as UTC. */
const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?<zone>[Zz]|[+-]\d\d:?\d\d)?)?$/;

/** Reads the textual form that query strings, headers, labels and XML share. */
export function parseScalar(
  { shape }: Reference,
  raw: string,
  parameter: string,
  timestamps: TimestampFormat = 'date-time',
): unknown {
  switch (shape.kind) {
    case 'string':
    case 'bigdecimal':
      return raw;
    case 'boolean': {
      const lower = raw.toLowerCase();
      if (lower === 'true') return true;
      if (lower === 'false') return false;
      throw new DecodeError('invalid', parameter, 'a boolean was expected', raw);
    }
    case 'number':
      return parseNumber(raw, parameter);
    case 'bigint':
      if (!/^[+-]?\d+$/.test(raw))
        throw new DecodeError('invalid', parameter, 'an integer was expected', raw);
      return BigInt(raw);
    case 'blob':
      return parseBase64(raw, parameter);
    case 'timestamp':
      return parseTimestamp(raw, shape.format ?? timestamps, parameter);
    default:
      throw new DecodeError('invalid', parameter, `a ${shape.kind} was expected`, raw);
  }
}

export function parseNumber(raw: string, parameter: string): number {
  const trimmed = raw.trim();
  if (trimmed === 'NaN') return Number.NaN;
  const value = Number(trimmed);
  if (trimmed === '' || Number.isNaN(value) || /^[+-]?0[xob]/i.test(trimmed)) {
    throw new DecodeError('invalid', parameter, 'a number was expected', raw);
  }
  return value;
}

export function parseBase64(raw: string, parameter: string): Buffer {
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(raw)) {
    throw new DecodeError('invalid', parameter, 'base64 was expected', raw);
  }
  return Buffer.from(raw, 'base64');
}

export function parseTimestamp(raw: string, format: TimestampFormat, parameter: string): Date {
  const trimmed = raw.trim();
  let date: Date;
  if (format === 'epoch-seconds') {
    date = new Date(trimmed === '' ? Number.NaN : Math.round(Number(trimmed) * 1000));
  } else if (format === 'http-date') {
    date = new Date(trimmed);
  } else {
    const match = DATE_TIME.exec(trimmed);
    // Date.parse takes a date with a time but without a zone for local time.
    const zoned = match && trimmed.length > 10 && match.groups?.zone === undefined ? `${trimmed}Z` : trimmed;
    date = new Date(match ? zoned : Number.NaN);
  }
  if (Number.isNaN(date.getTime())) {
    throw new DecodeError('invalid', parameter, 'a timestamp was expected', raw);
  }
  return date;
}

export function printScalar(
  { shape }: Reference,
  value: unknown,
  path: string,
  timestamps: TimestampFormat = 'date-time',
): string {
  switch (shape.kind) {
    case 'string':
      return expectString(value, path);
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(path, 'a boolean', value);
      return String(value);
    case 'number':
      if (typeof value !== 'number') throw mismatch(path, 'a number', value);
      return String(value);
    case 'bigint':
      if (typeof value !== 'bigint' && typeof value !== 'number') throw mismatch(path, 'an integer', value);
      return String(value);
    case 'bigdecimal':
      return typeof value === 'number' ? String(value) : expectString(value, path);
    case 'blob':
      return expectBytes(value, path).toString('base64');
    case 'timestamp':
      return printTimestamp(value, shape.format ?? timestamps, path);
    default:
      throw new EncodeError(path, `a ${shape.kind} has no textual form`);
  }
}

export function printTimestamp(value: unknown, format: TimestampFormat, path: string): string {
  const date = expectDate(value, path);
  if (format === 'epoch-seconds') return String(date.getTime() / 1000);
  return format === 'http-date' ? date.toUTCString() : date.toISOString();
}

export function expectString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw mismatch(path, 'a string', value);
  return value;
}

export function expectDate(value: unknown, path: string): Date {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw mismatch(path, 'a valid Date', value);
  return value;
}

/** Blobs may be handed over as bytes or as text. */
export function expectBytes(value: unknown, path: string): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw mismatch(path, 'bytes', value);
}

export function expectList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw mismatch(path, 'a list', value);
  return value;
}

export function expectRecord(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw mismatch(path, 'an object', value);
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

export function mismatch(path: string, expected: string, value: unknown): EncodeError {
  const received = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  return new EncodeError(path, `${expected} was expected, the handler returned ${received}`);
}
