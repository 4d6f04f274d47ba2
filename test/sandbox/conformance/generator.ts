/** Random values of any shape: wild where the wire allows it, tame where a header or a path does not. */

import type { Reference, StructureShape } from '../../../sandbox/protocols/schema.ts';
import type { Random } from '../../../sandbox/random.ts';

/** Each of these has broken some codec: markup, encodings, separators, surrogates, line ends. */
const WILD = [
  'a',
  'Z',
  '9',
  ' ',
  '&',
  '<',
  '>',
  '"',
  "'",
  '+',
  '/',
  '%',
  '%20',
  '=',
  '?',
  '#',
  ';',
  ',',
  '\\',
  'é',
  '€',
  '😀',
  '.',
  '-',
  '_',
  '~',
  '\n',
  '\t',
  ']]>',
  '&amp;',
  '<![CDATA[',
  '\u2028',
  '{',
  '}',
  '[',
  '__proto__',
  '*',
  '(',
  '!',
];
const HEADER_SAFE = ['a', 'B', '7', '-', '_', '.', '/', '=', ':', ';', '+'];
const PATH_WILD = [
  'a',
  'B',
  '7',
  '-',
  '_',
  '.',
  ' ',
  '+',
  '%',
  'é',
  '😀',
  '&',
  '=',
  '?',
  '#',
  ':',
  '~',
  '(',
  "'",
];

/** Where a value travels decides which characters it can have. */
export type Place = 'body' | 'header' | 'path' | 'query';

export interface GeneratorOptions {
  /** EC2's protocol has no way to write an empty list. */
  readonly emptyLists: boolean;
  /** Nor has any query protocol one for a structure without members. */
  readonly emptyStructures: boolean;
}

export class Generator {
  readonly #random: Random;
  readonly #options: GeneratorOptions;

  constructor(random: Random, options: GeneratorOptions) {
    this.#random = random;
    this.#options = options;
  }

  structure(shape: StructureShape, depth = 0): Record<string, unknown> {
    const { members } = shape;
    if (shape.union) {
      const member = members[this.#random.integer(members.length)];
      return member ? { [member.name]: this.value(member, depth + 1) } : {};
    }
    const output: Record<string, unknown> = {};
    for (const member of members) {
      const likelihood = depth > 3 ? 0.1 : depth > 1 ? 0.3 : 0.6;
      const needed = member.required || isAlwaysThere(member);
      if (!needed && (depth > 6 || this.#random.next() >= likelihood)) continue;
      output[member.name] = this.value(member, depth + 1);
    }
    if (!this.#options.emptyStructures && depth > 0 && Object.keys(output).length === 0) {
      const member =
        members.find(({ shape: { kind } }) => kind === 'string' || kind === 'number') ?? members[0];
      if (member) output[member.name] = this.value(member, depth + 1);
    }
    return output;
  }

  value(reference: Reference, depth: number): unknown {
    const place = placeOf(reference);
    const { shape, traits } = reference;
    switch (shape.kind) {
      case 'unit':
        return {};
      case 'string':
        // An empty payload is no payload.
        return this.#text(place) || (traits.httpPayload ? 'x' : '');
      case 'number':
        return traits.httpResponseCode ? 200 : this.#number();
      case 'boolean':
        return this.#random.next() < 0.5;
      case 'timestamp': {
        const wholeSeconds =
          shape.format === 'http-date' || (shape.format === undefined && place === 'header');
        const seconds = 1_000_000_000 + this.#random.integer(1_000_000_000);
        return new Date(seconds * 1000 + (wholeSeconds ? 0 : this.#random.integer(1000)));
      }
      case 'blob':
        return Uint8Array.from({ length: 1 + this.#random.integer(40) }, () => this.#random.integer(256));
      case 'bigint':
        return BigInt(this.#random.integer(1_000_000_000));
      case 'bigdecimal':
        return '1.5';
      case 'document':
        return { a: [1, 'x', true] };
      case 'list':
        return Array.from({ length: this.#listLength(shape.item, depth, place) }, () =>
          place === 'body' ? this.value(shape.item, depth + 1) : this.#placed(shape.item, place),
        );
      case 'map':
        return Object.fromEntries(
          Array.from({ length: 1 + this.#random.integer(depth > 4 ? 1 : 3) }, (_, index) => [
            `k${index}${place === 'body' ? this.#text('body') : ''}`,
            place === 'body' ? this.value(shape.value, depth + 1) : this.#placed(shape.value, place),
          ]),
        );
      case 'structure':
        return this.structure(shape, depth);
    }
  }

  /** Inside a list or map that a header or the query carries. */
  #placed(item: Reference, place: Place): unknown {
    if (item.shape.kind === 'string') return this.#text(place);
    return item.shape.kind === 'list' ? [this.#text(place)] : this.value(item, 9);
  }

  /** More than ten now and then: keys sorted as text would put item 10 before item 2. */
  #listLength(item: Reference, depth: number, place: Place): number {
    const simple = item.shape.kind !== 'structure' && item.shape.kind !== 'list' && item.shape.kind !== 'map';
    const canBeEmpty = this.#options.emptyLists && this.#options.emptyStructures && place === 'body';
    if (canBeEmpty && this.#random.next() < 0.05) return 0;
    if (depth > 6) return 1;
    return (simple || depth < 3) && this.#random.next() < 0.15 ? 12 : 1 + this.#random.integer(3);
  }

  #number(): number {
    const kind = this.#random.integer(8);
    if (kind === 0) return 0;
    return kind === 1 ? -1 - this.#random.integer(1000) : this.#random.integer(2_000_000_000);
  }

  #text(place: Place): string {
    if (place === 'body' && this.#random.next() < 0.05) return '';
    const alphabet = place === 'header' ? HEADER_SAFE : place === 'path' ? PATH_WILD : WILD;
    const pieces = Array.from(
      { length: 1 + this.#random.integer(6) },
      () => alphabet[this.#random.integer(alphabet.length)] ?? '',
    );
    const text = pieces.join('');
    // A path must not consist of dots alone. White space with a line end and nothing else is what the client's XML
    // parser takes for indentation.
    return place === 'path' || (text.includes('\n') && text.trim() === '') ? `p${text}` : text;
  }
}

/** A client makes something of an absent status, payload or stream too. */
function isAlwaysThere({ shape, traits }: Reference): boolean {
  return Boolean(traits.httpResponseCode || traits.httpPayload || (shape.kind === 'blob' && shape.streaming));
}

function placeOf({ traits }: Reference): Place {
  if (traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined) return 'header';
  if (traits.httpLabel) return 'path';
  return traits.httpQuery !== undefined || traits.httpQueryParams ? 'query' : 'body';
}
