/** The part of CBOR (RFC 8949) that Smithy RPC v2 needs: no tags but epoch times, no keys but text. */
import { DecodeError } from './failures.ts';

/** Text, numbers, bigints, booleans, null, bytes, Dates, lists and records; undefined members are left out. */
export function encodeCbor(value: unknown): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: unknown, parts: Buffer[]): void {
  if (value === null || value === undefined) parts.push(Buffer.of(0xf6));
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    parts.push(head(3, bytes.length), bytes);
  } else if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const integer = BigInt(String(value));
    parts.push(integer < 0n ? head(1, -1n - integer) : head(0, integer));
  } else if (typeof value === 'number') parts.push(float(value));
  else if (value instanceof Uint8Array) parts.push(head(2, value.length), Buffer.from(value));
  else if (value instanceof Date) parts.push(Buffer.of(0xc1), float(value.getTime() / 1000));
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) write(item, parts);
  } else {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    parts.push(head(5, entries.length));
    for (const [key, item] of entries) {
      write(key, parts);
      write(item, parts);
    }
  }
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function head(major: number, argument: number | bigint): Buffer {
  const first = major << 5;
  if (argument < 24) return Buffer.of(first | Number(argument));
  if (argument <= 0xff) return Buffer.of(first | 24, Number(argument));
  const bytes = Buffer.alloc(argument <= 0xffff ? 3 : argument <= 0xffffffff ? 5 : 9);
  bytes[0] = first | (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27);
  if (bytes.length === 3) bytes.writeUInt16BE(Number(argument), 1);
  else if (bytes.length === 5) bytes.writeUInt32BE(Number(argument), 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}

/**
 * Times come out as Dates, integers beyond the safe range as bigints.
 * @throws DecodeError `malformed`
 */
export function decodeCbor(source: Buffer): unknown {
  const reader = new Reader(source);
  const value = reader.read(0);
  if (!reader.atEnd) throw malformed();
  return value;
}

const BREAK = Symbol('break');
const MAX_DEPTH = 100;

class Reader {
  readonly #source: Buffer;
  #position = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  get atEnd(): boolean {
    return this.#position === this.#source.length;
  }

  read(depth: number): unknown {
    const value = this.#item(depth);
    if (value === BREAK) throw malformed();
    return value;
  }

  #item(depth: number): unknown {
    if (depth > MAX_DEPTH) throw malformed();
    const first = this.#bytes(1)[0] ?? 0;
    const major = first >> 5;
    const additional = first & 31;
    if (major === 7) return this.#simple(additional);
    const argument = additional === 31 ? undefined : this.#argument(additional);
    switch (major) {
      case 0:
        return narrow(definite(argument));
      case 1:
        return narrow(-1n - definite(argument));
      case 2:
        return argument === undefined
          ? Buffer.concat(this.#pieces(depth, Buffer.isBuffer))
          : this.#bytes(Number(argument));
      case 3:
        if (argument === undefined) return this.#pieces(depth, isText).join('');
        return this.#bytes(Number(argument)).toString();
      case 4:
        return this.#collect(argument, () => this.#item(depth + 1));
      case 5:
        return Object.fromEntries(this.#collect(argument, () => this.#entry(depth + 1)));
      default:
        return this.#tagged(definite(argument), depth);
    }
  }

  #tagged(tag: bigint, depth: number): unknown {
    const value = this.read(depth + 1);
    if (tag !== 1n) return value;
    if (typeof value !== 'number') throw malformed();
    return new Date(Math.round(value * 1000));
  }

  #entry(depth: number): [string, unknown] | typeof BREAK {
    const key = this.#item(depth);
    if (key === BREAK) return BREAK;
    if (typeof key !== 'string') throw malformed();
    return [key, this.read(depth)];
  }

  #pieces<T>(depth: number, is: (value: unknown) => value is T): T[] {
    return this.#collect<unknown>(undefined, () => this.#item(depth + 1)).map((piece) => {
      if (!is(piece)) throw malformed();
      return piece;
    });
  }

  #collect<T>(count: bigint | undefined, next: () => T | typeof BREAK): T[] {
    const items: T[] = [];
    while (count === undefined || items.length < count) {
      const item = next();
      if (item === BREAK) {
        if (count === undefined) break;
        throw malformed();
      }
      items.push(item);
    }
    return items;
  }

  #simple(additional: number): unknown {
    switch (additional) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfFloat(this.#bytes(2).readUInt16BE());
      case 26:
        return this.#bytes(4).readFloatBE();
      case 27:
        return this.#bytes(8).readDoubleBE();
      case 31:
        return BREAK;
      default:
        throw malformed();
    }
  }

  #argument(additional: number): bigint {
    if (additional < 24) return BigInt(additional);
    if (additional === 24) return BigInt(this.#bytes(1).readUInt8());
    if (additional === 25) return BigInt(this.#bytes(2).readUInt16BE());
    if (additional === 26) return BigInt(this.#bytes(4).readUInt32BE());
    if (additional === 27) return this.#bytes(8).readBigUInt64BE();
    throw malformed();
  }

  #bytes(length: number): Buffer {
    const end = this.#position + length;
    if (end > this.#source.length) throw malformed();
    const bytes = this.#source.subarray(this.#position, end);
    this.#position = end;
    return bytes;
  }
}

function definite(argument: bigint | undefined): bigint {
  if (argument === undefined) throw malformed();
  return argument;
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function malformed(): DecodeError {
  return new DecodeError('malformed', '', 'the CBOR cannot be read');
}
