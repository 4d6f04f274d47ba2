/**
 * Reads the schema tuples that the AWS SDK clients export (`CreateImage$`, `CreateImageRequest$`; the tuples are
 * public as `StaticSchema` in `@smithy/types`). The walker is our own rather than the SDK's `NormalizedSchema`, so
 * that the two sides of the wire cannot share a mistake.
 */
import { mergeTraits, readTraits, type Traits } from './traits.ts';

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

export type ScalarKind = 'string' | 'number' | 'boolean' | 'bigint' | 'bigdecimal';

export type Shape =
  | { readonly kind: 'unit' }
  | { readonly kind: ScalarKind }
  | { readonly kind: 'document' }
  /** Without a format the protocol's own default counts. */
  | { readonly kind: 'timestamp'; readonly format?: TimestampFormat }
  | { readonly kind: 'blob'; readonly streaming: boolean }
  | { readonly kind: 'list'; readonly item: Reference }
  | { readonly kind: 'map'; readonly key: Reference; readonly value: Reference }
  | StructureShape;

export interface StructureShape {
  readonly kind: 'structure';
  readonly name: string;
  readonly namespace: string;
  readonly union: boolean;
  /** Traits of the structure itself, not of a member that targets it. */
  readonly traits: Traits;
  readonly members: readonly Member[];
  readonly memberByName: ReadonlyMap<string, Member>;
}

/** A shape seen from where it is used, with the traits of that place laid over the target's own. */
export interface Reference {
  readonly shape: Shape;
  readonly traits: Traits;
}

export interface Member extends Reference {
  readonly name: string;
  readonly required: boolean;
}

export interface Operation {
  readonly name: string;
  readonly traits: Traits;
  readonly input: StructureShape | undefined;
  readonly output: StructureShape | undefined;
}

export interface ServiceSchema {
  readonly operations: ReadonlyMap<string, Operation>;
  /** Modelled errors by the name of their structure. */
  readonly errors: ReadonlyMap<string, StructureShape>;
  /** Modelled errors by the code that awsQuery puts on the wire, where that differs. */
  readonly errorsByQueryCode: ReadonlyMap<string, StructureShape>;
}

const OPERATION = 9;
const ERROR = -3;
const UNION = 4;
const LIST_MODIFIER = 64;
const MAP_MODIFIER = 128;

const schemas = new WeakMap<object, ServiceSchema>();

/** Every operation and modelled error of one client package; read once per package. */
export function readClientPackage(clientPackage: object): ServiceSchema {
  const known = schemas.get(clientPackage);
  if (known) return known;
  const operations = new Map<string, Operation>();
  const errors = new Map<string, StructureShape>();
  const errorsByQueryCode = new Map<string, StructureShape>();
  for (const [exportName, exported] of Object.entries(clientPackage)) {
    if (!exportName.endsWith('$') || !isTuple(exported)) continue;
    if (exported[0] === OPERATION) {
      const operation = readOperation(exported);
      operations.set(operation.name, operation);
    } else if (exported[0] === ERROR) {
      const shape = structureOf(exported);
      errors.set(shape.name, shape);
      const code = shape.traits.awsQueryError?.code;
      if (code !== undefined) errorsByQueryCode.set(code, shape);
    }
  }
  if (operations.size === 0) throw new TypeError('the client package exports no operation schemas');
  const schema = { operations, errors, errorsByQueryCode };
  schemas.set(clientPackage, schema);
  return schema;
}

/** Operations are read when they are first asked for: EC2 has more than 800. */
function readOperation(tuple: readonly unknown[]): Operation {
  const name = text(tuple[2]);
  let input: StructureShape | undefined;
  let output: StructureShape | undefined;
  let read = false;
  const load = (): void => {
    if (read) return;
    read = true;
    input = structureOrUnit(tuple[4]);
    output = structureOrUnit(tuple[5]);
  };
  return {
    name,
    traits: readTraits(tuple[3]),
    get input() {
      load();
      return input;
    },
    get output() {
      load();
      return output;
    },
  };
}

const shapes = new WeakMap<object, Shape>();

function resolve(reference: unknown): Reference {
  const target = unwrap(reference);
  if (isTuple(target) && target.length === 2) {
    const inner = resolve(target[0]);
    return { shape: inner.shape, traits: mergeTraits(inner.traits, readTraits(target[1])) };
  }
  if (!isTuple(target)) return { shape: simpleShape(target), traits: {} };
  // A structure's own name and namespace describe a document's root, not the member that holds the structure.
  const traits = isAggregateStructure(target) ? {} : readTraits(target[3]);
  return { shape: shapeOf(target), traits };
}

function shapeOf(tuple: readonly unknown[]): Shape {
  let shape = shapes.get(tuple);
  if (!shape) {
    shape = buildShape(tuple);
    shapes.set(tuple, shape);
  }
  return shape;
}

function buildShape(tuple: readonly unknown[]): Shape {
  switch (tuple[0]) {
    case 0: {
      const inner = resolve(tuple[4]).shape;
      return inner.kind === 'blob' && readTraits(tuple[3]).streaming
        ? { kind: 'blob', streaming: true }
        : inner;
    }
    case 1:
      return lazyList(() => resolve(tuple[4]));
    case 2:
      return lazyMap(
        () => resolve(tuple[4]),
        () => resolve(tuple[5]),
      );
    case 3:
    case UNION:
    case ERROR:
      return buildStructure(tuple);
    default:
      throw new TypeError(`schema tuple of unknown kind ${String(tuple[0])}`);
  }
}

function buildStructure(tuple: readonly unknown[]): StructureShape {
  const names = isTuple(tuple[4]) ? tuple[4].map(text) : [];
  const references = isTuple(tuple[5]) ? tuple[5] : [];
  const requiredCount = typeof tuple[6] === 'number' ? tuple[6] : 0;
  let members: readonly Member[] | undefined;
  let byName: ReadonlyMap<string, Member> | undefined;
  return {
    kind: 'structure',
    name: text(tuple[2]),
    namespace: text(tuple[1]),
    union: tuple[0] === UNION,
    traits: readTraits(tuple[3]),
    // Structures refer to each other in circles, so members are resolved on first use.
    get members() {
      members ??= names.map((name, index) => ({
        name,
        required: index < requiredCount,
        ...resolve(references[index]),
      }));
      return members;
    },
    get memberByName() {
      byName ??= new Map(this.members.map((member) => [member.name, member]));
      return byName;
    },
  };
}

function lazyList(item: () => Reference): Shape {
  let resolved: Reference | undefined;
  return {
    kind: 'list',
    get item() {
      resolved ??= item();
      return resolved;
    },
  };
}

function lazyMap(key: () => Reference, value: () => Reference): Shape {
  let resolvedKey: Reference | undefined;
  let resolvedValue: Reference | undefined;
  return {
    kind: 'map',
    get key() {
      resolvedKey ??= key();
      return resolvedKey;
    },
    get value() {
      resolvedValue ??= value();
      return resolvedValue;
    },
  };
}

const SIMPLE = new Map<unknown, Shape>([
  ['unit', { kind: 'unit' }],
  [0, { kind: 'string' }],
  [1, { kind: 'number' }],
  [2, { kind: 'boolean' }],
  [4, { kind: 'timestamp' }],
  [5, { kind: 'timestamp', format: 'date-time' }],
  [6, { kind: 'timestamp', format: 'http-date' }],
  [7, { kind: 'timestamp', format: 'epoch-seconds' }],
  [15, { kind: 'document' }],
  [17, { kind: 'bigint' }],
  [19, { kind: 'bigdecimal' }],
  [21, { kind: 'blob', streaming: false }],
  [42, { kind: 'blob', streaming: true }],
]);

function simpleShape(sentinel: unknown): Shape {
  const known = SIMPLE.get(sentinel);
  if (known) return known;
  if (typeof sentinel !== 'number') throw new TypeError(`unknown schema ${String(sentinel)}`);
  const item: Reference = { shape: simpleShape(sentinel & 63), traits: {} };
  let shape: Shape | undefined;
  if (sentinel & LIST_MODIFIER) shape = { kind: 'list', item };
  if (sentinel & MAP_MODIFIER)
    shape = { kind: 'map', key: { shape: simpleShape(0), traits: {} }, value: item };
  if (!shape) throw new TypeError(`unknown simple schema ${sentinel}`);
  SIMPLE.set(sentinel, shape);
  return shape;
}

function unwrap(reference: unknown): unknown {
  let target = reference;
  while (typeof target === 'function') target = target();
  return target;
}

function structureOf(reference: unknown): StructureShape {
  const { shape } = resolve(reference);
  if (shape.kind !== 'structure') throw new TypeError(`a structure was expected, not ${shape.kind}`);
  return shape;
}

function structureOrUnit(reference: unknown): StructureShape | undefined {
  return unwrap(reference) === 'unit' ? undefined : structureOf(reference);
}

function isTuple(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isAggregateStructure(tuple: readonly unknown[]): boolean {
  return tuple[0] === 3 || tuple[0] === UNION || tuple[0] === ERROR;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`a name was expected in a schema, not ${typeof value}`);
  return value;
}
