/** HTTP bindings of restXml and restJson1: what travels in path, query, headers, status and body. */
import { EncodeError } from './failures.ts';
import {
  decodeJson,
  decodeJsonStructure,
  encodeJson,
  encodeJsonStructure,
  parseJson,
  REST_JSON,
} from './json.ts';
import type { RestRequest } from './routes.ts';
import {
  expectBytes,
  expectList,
  expectRecord,
  expectString,
  isRecord,
  parseScalar,
  printScalar,
} from './scalars.ts';
import type { Member, Operation, StructureShape } from './schema.ts';
import {
  decodeXmlElements,
  decodeXmlStructure,
  encodeXmlElement,
  encodeXmlMembers,
  refuseUnknownMembers,
} from './xml.ts';
import { escapeXml, parseXml } from './xml-text.ts';

export type RestFormat = 'xml' | 'json';

/** A streaming answer may be handed over piece by piece. */
export type Body = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface WireResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Body;
}

export function decodeRest(
  format: RestFormat,
  shape: StructureShape | undefined,
  labels: Readonly<Record<string, string>>,
  request: RestRequest,
  body: Buffer,
): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  if (!shape) return output;
  for (const member of shape.members) {
    const value = decodeBound(format, member, shape, labels, request, body);
    if (value !== undefined) output[member.name] = value;
  }
  if (body.length > 0 && shape.members.some(inBody) && !shape.members.some(isPayload)) {
    Object.assign(
      output,
      format === 'xml'
        ? decodeXmlStructure(shape, parseXml(body.toString()), '', inBody)
        : decodeJsonStructure(REST_JSON, shape, parseJson(body.toString()), '', inBody),
    );
  }
  return output;
}

function decodeBound(
  format: RestFormat,
  member: Member,
  shape: StructureShape,
  labels: Readonly<Record<string, string>>,
  request: RestRequest,
  body: Buffer,
): unknown {
  const { traits, name } = member;
  if (traits.httpLabel) {
    const label = labels[name];
    return label === undefined ? undefined : parseScalar(member, label, name);
  }
  if (traits.httpQuery !== undefined) return decodeQueryMember(member, traits.httpQuery, request);
  if (traits.httpQueryParams) {
    const bound = new Set(shape.members.map((other) => other.traits.httpQuery));
    return decodeQueryMap(
      member,
      request.query.filter(([key]) => !bound.has(key)),
    );
  }
  if (traits.httpHeader !== undefined) {
    const header = request.headers[traits.httpHeader.toLowerCase()];
    if (header === undefined) return undefined;
    const target = member.shape;
    if (target.kind !== 'list') return parseScalar(member, header, traits.httpHeader, 'http-date');
    return splitHeader(header).map((item) => parseScalar(target.item, item, name, 'http-date'));
  }
  if (traits.httpPrefixHeaders !== undefined) return decodePrefixHeaders(traits.httpPrefixHeaders, request);
  return traits.httpPayload ? decodePayload(format, member, body) : undefined;
}

function decodeQueryMember(member: Member, key: string, request: RestRequest): unknown {
  const values = request.query.filter(([name]) => name === key).map(([, value]) => value);
  const [first] = values;
  if (first === undefined) return undefined;
  const target = member.shape;
  if (target.kind === 'list') return values.map((value) => parseScalar(target.item, value, key));
  // `?prefix=` is an empty string, `?max-keys=` is nothing.
  if (first === '' && target.kind !== 'string') return undefined;
  return parseScalar(member, first, key);
}

function decodeQueryMap(member: Member, pairs: readonly (readonly [string, string])[]): unknown {
  if (pairs.length === 0) return undefined;
  const target = member.shape;
  const output: Record<string, unknown> = Object.create(null);
  for (const [key, value] of pairs) {
    if (target.kind === 'map' && target.value.shape.kind === 'list') {
      const before = output[key];
      output[key] = Array.isArray(before) ? [...before, value] : [value];
    } else output[key] ??= value;
  }
  return { ...output };
}

function decodePrefixHeaders(prefix: string, request: RestRequest): unknown {
  const lower = prefix.toLowerCase();
  const found = Object.entries(request.headers).filter(([name]) => name.startsWith(lower));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(lower.length), value]));
}

function decodePayload(format: RestFormat, member: Member, body: Buffer): unknown {
  if (member.shape.kind === 'blob') return body.length > 0 || member.shape.streaming ? body : undefined;
  if (body.length === 0) return undefined;
  if (member.shape.kind === 'string') return body.toString();
  if (format === 'json') return decodeJson(REST_JSON, member, parseJson(body.toString()), '');
  const root = parseXml(body.toString());
  return decodeXmlElements(member, root, [root], root.tag);
}

/** Items of a list header; one with a comma in it is quoted. */
function splitHeader(header: string): string[] {
  return Array.from(header.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/g))
    .map(([, quoted, plain]) => quoted?.replaceAll(/\\(.)/g, '$1') ?? (plain ?? '').trim())
    .filter((item, index, all) => item !== '' || index < all.length - 1);
}

/** @param namespace `xmlns` of the root element, restXml only */
export function encodeRest(
  format: RestFormat,
  operation: Operation,
  value: object,
  namespace: string | undefined,
): WireResponse {
  const record = expectRecord(value, operation.name);
  const headers: Record<string, string> = {};
  let status = operation.traits.http?.status ?? 200;
  let body: Body | undefined;
  const shape = operation.output;
  if (shape) refuseUnknownMembers(shape, record, operation.name);
  for (const member of shape?.members ?? []) {
    const item = record[member.name];
    if (item === undefined || item === null) continue;
    const path = `${operation.name}.${member.name}`;
    const { traits } = member;
    if (traits.httpResponseCode) status = Number(item);
    else if (traits.httpHeader !== undefined)
      headers[traits.httpHeader.toLowerCase()] = encodeHeader(member, item, path);
    else if (traits.httpPrefixHeaders !== undefined) {
      for (const [key, entry] of Object.entries(expectRecord(item, path))) {
        headers[(traits.httpPrefixHeaders + key).toLowerCase()] = headerText(expectString(entry, path));
      }
    } else if (traits.httpPayload) body = encodePayload(format, member, item, path, namespace, headers);
  }
  if (body === undefined && shape?.members.some(inBody)) {
    headers['content-type'] ??= CONTENT_TYPE[format];
    body =
      format === 'json'
        ? JSON.stringify(encodeJsonStructure(REST_JSON, shape, record, operation.name, inBody))
        : encodeDocument(shape, record, operation.name, namespace);
    if (operation.name === 'GetBucketLocation') body = unwrapped(body);
  }
  return { status, headers, body: body ?? '' };
}

/**
 * GetBucketLocation alone answers with the text of its root element, `<LocationConstraint>eu-west-1</LocationConstraint>`
 * (Smithy trait `s3UnwrappedXmlOutput`, which the client's schema does not carry).
 */
const unwrapped = (body: string): string =>
  body.replace(/<LocationConstraint>([^<]*)<\/LocationConstraint>/, '$1');

const CONTENT_TYPE: Readonly<Record<RestFormat, string>> = {
  xml: 'application/xml',
  json: 'application/json',
};
const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

function encodeDocument(
  shape: StructureShape,
  record: Readonly<Record<string, unknown>>,
  path: string,
  namespace: string | undefined,
): string {
  const tag = shape.traits.xmlName ?? shape.name;
  const [only, ...others] = shape.members.filter(inBody);
  if (only?.name === tag && others.length === 0) {
    // GetBucketLocation: its one member is the document itself, not an element of the same name within it
    // (trait `s3UnwrappedXmlOutput` of S3's model, which the tuples do not carry).
    return XML_DECLARATION + encodeXmlElement(tag, only, record[tag] ?? '', path, namespace);
  }
  const xmlns = namespace === undefined ? '' : ` xmlns="${escapeXml(namespace)}"`;
  return `${XML_DECLARATION}<${tag}${xmlns}>${encodeXmlMembers(shape, record, path, inBody)}</${tag}>`;
}

function encodePayload(
  format: RestFormat,
  member: Member,
  value: unknown,
  path: string,
  namespace: string | undefined,
  headers: Record<string, string>,
): Body {
  const { shape, traits } = member;
  if (shape.kind === 'string') return expectString(value, path);
  if (shape.kind === 'blob') return shape.streaming && isByteStream(value) ? value : expectBytes(value, path);
  headers['content-type'] ??= CONTENT_TYPE[format];
  if (format === 'json') return JSON.stringify(encodeJson(REST_JSON, member, value, path));
  if (shape.kind !== 'structure') throw new EncodeError(path, 'a payload that is not a structure');
  const tag = traits.xmlName ?? shape.traits.xmlName ?? shape.name;
  return (
    XML_DECLARATION + encodeXmlElement(tag, member, value, path, traits.xmlNamespace ? undefined : namespace)
  );
}

function isByteStream(value: unknown): value is AsyncIterable<Uint8Array> {
  return isRecord(value) && Symbol.asyncIterator in value;
}

function encodeHeader(member: Member, value: unknown, path: string): string {
  const { shape } = member;
  if (shape.kind !== 'list') return headerText(printScalar(member, value, path, 'http-date'));
  return expectList(value, path)
    .map((item) => headerText(printScalar(shape.item, item, path, 'http-date')))
    .map((item) => (/[",]/.test(item) ? `"${item.replaceAll(/["\\]/g, '\\$&')}"` : item))
    .join(', ');
}

/** What is not ASCII travels as RFC 2047 words ("Working with object metadata" in the S3 user guide). */
function headerText(text: string): string {
  if (/^[\t\x20-\x7e]*$/.test(text)) return text;
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

export function isPayload(member: Member): boolean {
  return member.traits.httpPayload === true;
}

export function inBody({ traits }: Member): boolean {
  return !(
    traits.httpLabel ||
    traits.httpQuery !== undefined ||
    traits.httpQueryParams ||
    traits.httpHeader !== undefined ||
    traits.httpPrefixHeaders !== undefined ||
    traits.httpResponseCode ||
    traits.httpPayload
  );
}
