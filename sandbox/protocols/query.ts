/**
 * The request side of ec2Query and awsQuery: a form whose dotted keys spell a tree (`Filter.1.Value.2`).
 * Names and nesting after "AWS query protocols" and "EC2 query protocol" in the Smithy documentation.
 */
import { DecodeError } from './failures.ts';
import { parseScalar } from './scalars.ts';
import type { Member, Reference, StructureShape } from './schema.ts';

export type QueryDialect = 'ec2Query' | 'awsQuery';

interface Node {
  value?: string;
  children?: Map<string, Node>;
}

/** Parameters of the envelope: they belong to no operation. */
const ENVELOPE = new Set(['Action', 'Version']);

/** Decodes `a=b&c=d`, `+` being a space. */
export function parseForm(source: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (const part of source.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    pairs.push([decodeText(name), equals < 0 ? '' : decodeText(part.slice(equals + 1))]);
  }
  return pairs;
}

function decodeText(raw: string): string {
  const spaced = raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new DecodeError('malformed', raw, 'broken percent-encoding', raw);
  }
}

/**
 * @param parameters the form, with neither signature nor other transport parameters in it
 * @throws DecodeError for parameters that the operation does not have, and for values of the wrong type
 */
export function decodeQuery(
  dialect: QueryDialect,
  input: StructureShape | undefined,
  parameters: readonly (readonly [name: string, value: string])[],
): Record<string, unknown> {
  const root: Node = {};
  for (const [name, value] of parameters) {
    if (ENVELOPE.has(name)) continue;
    let node = root;
    for (const step of name.split('.')) {
      node.children ??= new Map();
      let child = node.children.get(step);
      if (!child) {
        child = {};
        node.children.set(step, child);
      }
      node = child;
    }
    node.value = value;
  }
  return decodeStructure(dialect, input, root, '');
}

const wireNames: Readonly<Record<QueryDialect, WeakMap<StructureShape, ReadonlyMap<string, Member>>>> = {
  ec2Query: new WeakMap(),
  awsQuery: new WeakMap(),
};

function membersByWireName(dialect: QueryDialect, shape: StructureShape): ReadonlyMap<string, Member> {
  let names = wireNames[dialect].get(shape);
  if (!names) {
    names = new Map(shape.members.map((member) => [queryName(dialect, member), member]));
    wireNames[dialect].set(shape, names);
  }
  return names;
}

export function queryName(dialect: QueryDialect, member: Member): string {
  const { ec2QueryName, xmlName } = member.traits;
  if (dialect === 'awsQuery') return xmlName ?? member.name;
  if (ec2QueryName !== undefined) return ec2QueryName;
  const name = xmlName ?? member.name;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function decodeStructure(
  dialect: QueryDialect,
  shape: StructureShape | undefined,
  node: Node,
  prefix: string,
): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  if (!node.children) return output;
  const known = shape && membersByWireName(dialect, shape);
  for (const [name, child] of node.children) {
    const parameter = prefix + name;
    const member = known?.get(name);
    if (!member)
      throw new DecodeError('unknown', firstKey(parameter, child), 'the operation has no such parameter');
    output[member.name] = decodeReference(dialect, member, child, parameter);
  }
  return output;
}

function decodeReference(
  dialect: QueryDialect,
  reference: Reference,
  node: Node,
  parameter: string,
): unknown {
  const { shape, traits } = reference;
  switch (shape.kind) {
    case 'structure':
      return decodeStructure(dialect, shape, node, `${parameter}.`);
    case 'list': {
      // An empty list has no items to number: awsQuery writes the bare key.
      if (!node.children)
        return node.value === '' || node.value === undefined ? [] : wrongForm(parameter, node);
      const flat = dialect === 'ec2Query' || traits.xmlFlattened;
      const step = shape.item.traits.xmlName ?? 'member';
      const items = flat
        ? numbered(node, parameter)
        : numbered(only(node, step, parameter), `${parameter}.${step}`);
      return items.map(([index, child]) =>
        decodeReference(
          dialect,
          shape.item,
          child,
          flat ? `${parameter}.${index}` : `${parameter}.${step}.${index}`,
        ),
      );
    }
    case 'map': {
      if (!node.children)
        return node.value === '' || node.value === undefined ? {} : wrongForm(parameter, node);
      const entries = traits.xmlFlattened ? node : only(node, 'entry', parameter);
      const keyName = shape.key.traits.xmlName ?? 'key';
      const valueName = shape.value.traits.xmlName ?? 'value';
      return Object.fromEntries(
        numbered(entries, parameter).map(([index, entry]) => {
          const at = `${parameter}.entry.${index}`;
          const value = entry.children?.get(valueName) ?? {};
          return [
            entry.children?.get(keyName)?.value ?? '',
            decodeReference(dialect, shape.value, value, `${at}.${valueName}`),
          ];
        }),
      );
    }
    default:
      if (node.children) return wrongForm(parameter, node);
      return parseScalar(reference, node.value ?? '', parameter);
  }
}

/** Items by their number, not by the order or the text of the keys: `10` comes after `2`. */
function numbered(node: Node, parameter: string): [index: number, child: Node][] {
  const items: [number, Node][] = [];
  for (const [step, child] of node.children ?? []) {
    if (!/^[1-9]\d*$|^0$/.test(step)) {
      throw new DecodeError(
        'unknown',
        firstKey(`${parameter}.${step}`, child),
        'a number was expected in this place',
      );
    }
    items.push([Number(step), child]);
  }
  return items.sort((a, b) => a[0] - b[0]);
}

function only(node: Node, step: string, parameter: string): Node {
  for (const [name, child] of node.children ?? []) {
    if (name === step) continue;
    throw new DecodeError(
      'unknown',
      firstKey(`${parameter}.${name}`, child),
      `"${step}" was expected in this place`,
    );
  }
  return node.children?.get(step) ?? {};
}

function wrongForm(parameter: string, node: Node): never {
  throw new DecodeError(
    'unknown',
    firstKey(parameter, node),
    'the parameter has another structure',
    node.value,
  );
}

/** The full name of a parameter that was really sent, for the message. */
function firstKey(prefix: string, node: Node): string {
  for (const [step, child] of node.children ?? []) return firstKey(`${prefix}.${step}`, child);
  return prefix;
}
