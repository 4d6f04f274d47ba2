/** How an error looks on the wire, per protocol. */
import type { ServiceError } from '../service.ts';
import { encodeCbor } from './cbor.ts';
import { AWS_JSON, encodeJson, REST_JSON } from './json.ts';
import type { WireResponse } from './rest.ts';
import type { ServiceSchema, StructureShape } from './schema.ts';
import type { WireProtocol } from './wire.ts';
import { encodeXmlElement } from './xml.ts';
import { escapeXml } from './xml-text.ts';

export interface ErrorContext {
  readonly protocol: WireProtocol;
  /** Undefined when the request never found its service. */
  readonly schema: ServiceSchema | undefined;
  readonly xmlNamespace: string | undefined;
  readonly requestId: string;
  /** S3 names what the request was for. */
  readonly path: string;
  /** S3 alone among the services of restXml answers a bare `<Error>` (Smithy trait `noErrorWrapping`). */
  readonly wrapped?: boolean;
  /** The client asked for the code that awsQuery would have used (header `x-amzn-query-mode`). */
  readonly queryMode: boolean;
}

const UNMODELLED: Pick<ServiceSchema, 'errors' | 'errorsByQueryCode'> = {
  errors: new Map(),
  errorsByQueryCode: new Map(),
};

export function encodeError(error: ServiceError, context: ErrorContext): WireResponse {
  const { errors, errorsByQueryCode } = context.schema ?? UNMODELLED;
  // Handlers name a modelled error by its structure or by the code that awsQuery uses for it.
  const shape = errors.get(error.code) ?? errorsByQueryCode.get(error.code);
  const status = error.status ?? modelledStatus(shape, context.protocol);
  const answer = isXml(context.protocol)
    ? encodeXmlError(error, shape, status, context)
    : encodeJsonError(error, shape, status, context);
  // A 304 has nothing but its headers (RFC 9110).
  if (status === 304) return { status, headers: { ...error.headers }, body: '' };
  return { ...answer, headers: { ...answer.headers, ...error.headers } };
}

const isXml = (protocol: WireProtocol): boolean =>
  protocol === 'ec2Query' || protocol === 'awsQuery' || protocol === 'restXml';

function modelledStatus(shape: StructureShape | undefined, protocol: WireProtocol): number {
  const { awsQueryError, httpError, error } = shape?.traits ?? {};
  const byKind = error === 'server' ? 500 : 400;
  if (protocol === 'awsQuery') return awsQueryError?.status ?? httpError ?? byKind;
  // "AWS JSON protocol" in the Smithy documentation: httpError is not used, 400 and 500 are.
  if (protocol === 'awsJson1_0' || protocol === 'awsJson1_1') return byKind;
  return httpError ?? byKind;
}

function encodeXmlError(
  error: ServiceError,
  shape: StructureShape | undefined,
  status: number,
  { protocol, xmlNamespace, requestId, path, wrapped = false }: ErrorContext,
): WireResponse {
  const code = protocol === 'awsQuery' ? (shape?.traits.awsQueryError?.code ?? error.code) : error.code;
  const common = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message>`;
  const details = encodeDetails(error, shape);
  let body: string;
  if (protocol === 'ec2Query') {
    // Errors spell the request's id in another way than answers do.
    body = `<Response><Errors><Error>${common}${details}</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
  } else if (protocol === 'awsQuery' || wrapped) {
    const type = status >= 500 ? 'Receiver' : 'Sender';
    const xmlns = xmlNamespace === undefined ? '' : ` xmlns="${escapeXml(xmlNamespace)}"`;
    body = `<ErrorResponse${xmlns}><Error><Type>${type}</Type>${common}${details}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  } else {
    const resource = `<Resource>${escapeXml(path)}</Resource>`;
    body = `<Error>${common}${details}${resource}<RequestId>${requestId}</RequestId></Error>`;
  }
  const headers = { 'content-type': protocol === 'restXml' ? 'application/xml' : 'text/xml;charset=UTF-8' };
  return { status, headers, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

function encodeDetails(error: ServiceError, shape: StructureShape | undefined): string {
  let output = '';
  for (const [name, value] of Object.entries(error.details)) {
    if (value === undefined) continue;
    const member = shape?.memberByName.get(name);
    output += member
      ? encodeXmlElement(member.traits.xmlName ?? name, member, value, `${error.code}.${name}`)
      : `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  return output;
}

function encodeJsonError(
  error: ServiceError,
  shape: StructureShape | undefined,
  status: number,
  { protocol, queryMode }: ErrorContext,
): WireResponse {
  const dialect = protocol === 'restJson1' ? REST_JSON : AWS_JSON;
  const name = shape?.name ?? error.code;
  const messageName =
    shape?.members.find((member) => member.name.toLowerCase() === 'message')?.name ?? 'message';
  const body: Record<string, unknown> = { [messageName]: error.message };
  for (const [key, value] of Object.entries(error.details)) {
    if (value === undefined) continue;
    const member = shape?.memberByName.get(key);
    const wireName = (dialect.jsonNames ? member?.traits.jsonName : undefined) ?? key;
    body[wireName] =
      member && protocol !== 'rpcv2Cbor' ? encodeJson(dialect, member, value, `${name}.${key}`) : value;
  }
  const headers: Record<string, string> = {};
  if (queryMode) {
    const code = shape?.traits.awsQueryError?.code ?? error.code;
    headers['x-amzn-query-error'] = `${code};${status >= 500 ? 'Receiver' : 'Sender'}`;
  }
  if (protocol === 'restJson1') {
    headers['content-type'] = 'application/json';
    headers['x-amzn-errortype'] = name;
    return { status, headers, body: JSON.stringify(body) };
  }
  // The CBOR protocol wants the absolute name of the shape, the JSON services of AWS send either.
  if (protocol === 'rpcv2Cbor') {
    headers['content-type'] = 'application/cbor';
    headers['smithy-protocol'] = 'rpc-v2-cbor';
    return {
      status,
      headers,
      body: encodeCbor({ __type: shape ? `${shape.namespace}#${name}` : name, ...body }),
    };
  }
  headers['content-type'] =
    protocol === 'awsJson1_0' ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1';
  return { status, headers, body: JSON.stringify({ __type: name, ...body }) };
}
