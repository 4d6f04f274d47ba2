/** JSON by schema: awsJson1_0, awsJson1_1 and the bodies of restJson1. */
import { DecodeError, EncodeError } from './failures.ts';
import {
  expectBytes,
  expectDate,
  expectList,
  expectRecord,
  expectString,
  isRecord,
  mismatch,
  parseBase64,
  parseTimestamp,
  printTimestamp,
} from './scalars.ts';
import type { Member, Reference, StructureShape } from './schema.ts';
import { refuseUnknownMembers } from './xml.ts';

/** Only the REST protocol honours the model's JSON names ("AWS restJson1 protocol" in the Smithy documentation). */
export interface JsonDialect {
  readonly jsonNames: boolean;
}

export const AWS_JSON: JsonDialect = { jsonNames: false };
export const REST_JSON: JsonDialect = { jsonNames: true };

/** @throws DecodeError `malformed` */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DecodeError('malformed', '', `the JSON cannot be read: ${reason}`);
  }
}

/** Members that the structure does not have are passed over, as AWS's JSON services do; null means absent. */
export function decodeJsonStructure(
  dialect: JsonDialect,
  shape: StructureShape,
  value: unknown,
  prefix: string,
  include?: (member: Member) => boolean,
): Record<string, unknown> {
  if (!isRecord(value)) throw wrongType(prefix, 'an object', value);
  const output: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (include && !include(member)) continue;
    const name = wireName(dialect, member);
    if (!Object.hasOwn(value, name)) continue;
    const item = value[name];
    if (item === undefined || item === null) continue;
    output[member.name] = decodeJson(dialect, member, item, prefix === '' ? name : `${prefix}.${name}`);
  }
  return output;
}

export function decodeJson(
  dialect: JsonDialect,
  reference: Reference,
  value: unknown,
  path: string,
): unknown {
  const { shape } = reference;
  switch (shape.kind) {
    case 'unit':
      return {};
    case 'structure':
      return decodeJsonStructure(dialect, shape, value, path);
    case 'list':
      if (!Array.isArray(value)) throw wrongType(path, 'a list', value);
      return value.map((item: unknown, index) =>
        decodeJson(dialect, shape.item, item, `${path}.${index + 1}`),
      );
    case 'map':
      if (!isRecord(value)) throw wrongType(path, 'an object', value);
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== null)
          .map(([key, item]) => [key, decodeJson(dialect, shape.value, item, `${path}.${key}`)]),
      );
    case 'timestamp':
      if (typeof value === 'number') return parseTimestamp(String(value), 'epoch-seconds', path);
      if (typeof value !== 'string') throw wrongType(path, 'a timestamp', value);
      return parseTimestamp(value, shape.format === 'http-date' ? 'http-date' : 'date-time', path);
    case 'blob':
      if (typeof value !== 'string') throw wrongType(path, 'base64', value);
      return parseBase64(value, path);
    case 'number':
      if (typeof value === 'number') return value;
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
      throw wrongType(path, 'a number', value);
    case 'bigint':
      if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(path, 'an integer', value);
      return BigInt(value);
    case 'bigdecimal':
    case 'document':
      return value;
    default:
      // What is left are strings and booleans, whose shape has the name of the JavaScript type.
      if (typeof value !== shape.kind) throw wrongType(path, `a ${shape.kind}`, value);
      return value;
  }
}

/** @throws EncodeError for a member that the schema does not have, or a value of another type */
export function encodeJsonStructure(
  dialect: JsonDialect,
  shape: StructureShape,
  value: unknown,
  path: string,
  include?: (member: Member) => boolean,
): Record<string, unknown> {
  const record = expectRecord(value, path);
  refuseUnknownMembers(shape, record, path);
  const output: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (include && !include(member)) continue;
    const item = record[member.name];
    if (item === undefined || item === null) continue;
    output[wireName(dialect, member)] = encodeJson(dialect, member, item, `${path}.${member.name}`);
  }
  return output;
}

export function encodeJson(
  dialect: JsonDialect,
  reference: Reference,
  value: unknown,
  path: string,
): unknown {
  const { shape } = reference;
  switch (shape.kind) {
    case 'unit':
      return {};
    case 'structure':
      return encodeJsonStructure(dialect, shape, value, path);
    case 'list':
      return expectList(value, path).map((item, index) =>
        encodeJson(dialect, shape.item, item, `${path}[${index}]`),
      );
    case 'map':
      return Object.fromEntries(
        Object.entries(expectRecord(value, path))
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => [key, encodeJson(dialect, shape.value, item, `${path}.${key}`)]),
      );
    case 'timestamp':
      return shape.format === undefined || shape.format === 'epoch-seconds'
        ? expectDate(value, path).getTime() / 1000
        : printTimestamp(value, shape.format, path);
    case 'blob':
      return expectBytes(value, path).toString('base64');
    case 'number':
      if (typeof value !== 'number') throw mismatch(path, 'a number', value);
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch(path, 'a boolean', value);
      return value;
    case 'string':
      return expectString(value, path);
    case 'bigint':
      if (typeof value !== 'bigint') throw mismatch(path, 'a bigint', value);
      return Number(value);
    case 'bigdecimal':
    case 'document':
      return value;
    default:
      throw new EncodeError(path, 'a shape without a JSON form');
  }
}

function wireName(dialect: JsonDialect, member: Member): string {
  return (dialect.jsonNames ? member.traits.jsonName : undefined) ?? member.name;
}

function wrongType(path: string, expected: string, value: unknown): DecodeError {
  const received = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  return new DecodeError('invalid', path, `${expected} was expected, not ${received}`, shorten(value));
}

function shorten(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, 100);
}
