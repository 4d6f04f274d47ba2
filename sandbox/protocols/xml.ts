/** XML by schema: answers of ec2Query, awsQuery and restXml, request bodies of restXml. */
import { EncodeError } from './failures.ts';
import { expectList, expectRecord, parseScalar, printScalar } from './scalars.ts';
import type { Member, Reference, StructureShape } from './schema.ts';
import { type Element, escapeXml } from './xml-text.ts';

/**
 * The elements of a structure's members, without an element for the structure itself.
 * @param include leaves members out that travel elsewhere (headers, status)
 * @throws EncodeError for a member that the schema does not have
 */
export function encodeXmlMembers(
  shape: StructureShape,
  value: unknown,
  path: string,
  include?: (member: Member) => boolean,
): string {
  const record = expectRecord(value, path);
  refuseUnknownMembers(shape, record, path);
  let output = '';
  for (const member of shape.members) {
    const item = record[member.name];
    if (item === undefined || item === null || member.traits.xmlAttribute) continue;
    if (include && !include(member)) continue;
    output += encodeXmlElement(member.traits.xmlName ?? member.name, member, item, `${path}.${member.name}`);
  }
  return output;
}

export function refuseUnknownMembers(
  shape: StructureShape,
  record: Readonly<Record<string, unknown>>,
  path: string,
): void {
  for (const name of Object.keys(record)) {
    if (shape.memberByName.has(name) || record[name] === undefined) continue;
    throw new EncodeError(path, `${shape.name} has no member ${name}`);
  }
}

/** @param namespace becomes the `xmlns` of the element, for the root of a document */
export function encodeXmlElement(
  tag: string,
  reference: Reference,
  value: unknown,
  path: string,
  namespace?: string,
): string {
  const { shape, traits } = reference;
  const xmlns = namespace === undefined ? '' : ` xmlns="${escapeXml(namespace)}"`;
  switch (shape.kind) {
    case 'structure': {
      const attributes = xmlns + encodeNamespace(traits.xmlNamespace) + encodeAttributes(shape, value, path);
      return `<${tag}${attributes}>${encodeXmlMembers(shape, value, path)}</${tag}>`;
    }
    case 'list': {
      const itemTag = traits.xmlFlattened ? tag : (shape.item.traits.xmlName ?? 'member');
      let items = '';
      expectList(value, path).forEach((item, index) => {
        items += encodeXmlElement(itemTag, shape.item, item, `${path}[${index}]`);
      });
      return traits.xmlFlattened ? items : `<${tag}${xmlns}>${items}</${tag}>`;
    }
    case 'map': {
      const entryTag = traits.xmlFlattened ? tag : 'entry';
      const keyTag = shape.key.traits.xmlName ?? 'key';
      const valueTag = shape.value.traits.xmlName ?? 'value';
      let entries = '';
      for (const [key, item] of Object.entries(expectRecord(value, path))) {
        if (item === undefined) continue;
        const content = encodeXmlElement(valueTag, shape.value, item, `${path}.${key}`);
        entries += `<${entryTag}><${keyTag}>${escapeXml(key)}</${keyTag}>${content}</${entryTag}>`;
      }
      return traits.xmlFlattened ? entries : `<${tag}${xmlns}>${entries}</${tag}>`;
    }
    case 'string':
    case 'bigdecimal':
      return `<${tag}${xmlns}>${escapeXml(printScalar(reference, value, path))}</${tag}>`;
    default:
      // Numbers, booleans, times and base64 hold nothing to escape.
      return `<${tag}${xmlns}>${printScalar(reference, value, path)}</${tag}>`;
  }
}

function encodeNamespace(namespace: readonly [prefix: string, uri: string] | undefined): string {
  if (!namespace) return '';
  const [prefix, uri] = namespace;
  return ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeXml(uri)}"`;
}

function encodeAttributes(shape: StructureShape, value: unknown, path: string): string {
  let output = '';
  for (const member of shape.members) {
    if (!member.traits.xmlAttribute) continue;
    const item = expectRecord(value, path)[member.name];
    if (item === undefined || item === null) continue;
    const text = printScalar(member, item, `${path}.${member.name}`);
    output += ` ${member.traits.xmlName ?? member.name}="${escapeXml(text)}"`;
  }
  return output;
}

/** Elements that the structure does not have are passed over, as S3 does. */
export function decodeXmlStructure(
  shape: StructureShape,
  element: Element,
  prefix: string,
  include?: (member: Member) => boolean,
): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  for (const member of shape.members) {
    if (include && !include(member)) continue;
    const tag = member.traits.xmlName ?? member.name;
    const parameter = prefix + tag;
    if (member.traits.xmlAttribute) {
      const text = element.attributes[tag];
      if (text !== undefined) output[member.name] = parseScalar(member, text, parameter);
      continue;
    }
    const found = element.children.filter((child) => child.tag === tag);
    const [first] = found;
    if (first) output[member.name] = decodeXmlElements(member, first, found, parameter);
  }
  return output;
}

/** @param found all elements of the tag: a flattened list or map has many, everything else one */
export function decodeXmlElements(
  reference: Reference,
  first: Element,
  found: readonly Element[],
  parameter: string,
): unknown {
  const { shape, traits } = reference;
  switch (shape.kind) {
    case 'structure':
      return decodeXmlStructure(shape, first, `${parameter}.`);
    case 'list': {
      const itemTag = shape.item.traits.xmlName ?? 'member';
      const items = traits.xmlFlattened ? found : first.children.filter((child) => child.tag === itemTag);
      return items.map((item, index) =>
        decodeXmlElements(shape.item, item, [item], `${parameter}.${index + 1}`),
      );
    }
    case 'map': {
      const entries = traits.xmlFlattened ? found : first.children.filter((child) => child.tag === 'entry');
      const keyTag = shape.key.traits.xmlName ?? 'key';
      const valueTag = shape.value.traits.xmlName ?? 'value';
      return Object.fromEntries(
        entries.map((entry) => {
          const key = entry.children.find((child) => child.tag === keyTag)?.text ?? '';
          const value = entry.children.find((child) => child.tag === valueTag);
          return [key, value && decodeXmlElements(shape.value, value, [value], `${parameter}.${key}`)];
        }),
      );
    }
    default:
      return parseScalar(reference, first.text, parameter);
  }
}
