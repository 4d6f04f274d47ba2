/** CBOR by schema: the same walk in both directions, for CBOR itself already tells bytes, times and numbers apart. */
import { decodeCbor, encodeCbor } from './cbor.ts';
import { DecodeError } from './failures.ts';
import { expectBytes, expectDate, expectList, expectRecord, isRecord } from './scalars.ts';
import type { Reference, StructureShape } from './schema.ts';
import { refuseUnknownMembers } from './xml.ts';

export function decodeRpcCbor(shape: StructureShape | undefined, body: Buffer): Record<string, unknown> {
  const value = body.length === 0 ? {} : decodeCbor(body);
  if (!isRecord(value)) throw new DecodeError('invalid', '', 'a map was expected');
  return shape ? decodeStructure(shape, value, '') : {};
}

function decodeStructure(
  shape: StructureShape,
  value: Readonly<Record<string, unknown>>,
  prefix: string,
): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  for (const member of shape.members) {
    const item = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
    if (item === undefined || item === null) continue;
    output[member.name] = decode(member, item, prefix + member.name);
  }
  return output;
}

function decode({ shape }: Reference, value: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
      if (isRecord(value)) return decodeStructure(shape, value, `${path}.`);
      break;
    case 'list':
      if (Array.isArray(value)) {
        return value.map((item: unknown, index) => decode(shape.item, item, `${path}.${index + 1}`));
      }
      break;
    case 'map':
      if (isRecord(value)) {
        const entries = Object.entries(value).filter(([, item]) => item !== null);
        return Object.fromEntries(
          entries.map(([key, item]) => [key, decode(shape.value, item, `${path}.${key}`)]),
        );
      }
      break;
    case 'timestamp':
      if (value instanceof Date) return value;
      break;
    case 'blob':
      if (Buffer.isBuffer(value)) return value;
      break;
    case 'number':
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
      break;
    case 'string':
    case 'boolean':
      if (typeof value === shape.kind) return value;
      break;
    default:
      return value;
  }
  throw new DecodeError('invalid', path, `a ${shape.kind} was expected`);
}

export function encodeRpcCbor(shape: StructureShape | undefined, value: object, path: string): Buffer {
  return encodeCbor(shape ? checkStructure(shape, value, path) : {});
}

function checkStructure(shape: StructureShape, value: unknown, path: string): Record<string, unknown> {
  const record = expectRecord(value, path);
  refuseUnknownMembers(shape, record, path);
  const output: Record<string, unknown> = {};
  for (const member of shape.members) {
    const item = record[member.name];
    if (item !== undefined && item !== null)
      output[member.name] = check(member, item, `${path}.${member.name}`);
  }
  return output;
}

function check({ shape }: Reference, value: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
      return checkStructure(shape, value, path);
    case 'list':
      return expectList(value, path).map((item, index) => check(shape.item, item, `${path}[${index}]`));
    case 'map':
      return Object.fromEntries(
        Object.entries(expectRecord(value, path)).map(([key, item]) => [
          key,
          check(shape.value, item, `${path}.${key}`),
        ]),
      );
    case 'timestamp':
      return expectDate(value, path);
    case 'blob':
      return expectBytes(value, path);
    default:
      return value;
  }
}
