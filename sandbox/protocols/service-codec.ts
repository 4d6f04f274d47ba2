/** Everything between bytes and a handler's input and output, for one service. */
import { type Service, ServiceError } from '../service.ts';
import { AWS_JSON, decodeJsonStructure, encodeJsonStructure, parseJson } from './json.ts';
import { decodeQuery, parseForm, type QueryDialect } from './query.ts';
import { decodeRest, encodeRest, type RestFormat, type WireResponse } from './rest.ts';
import { createRouter, type Router } from './routes.ts';
import { decodeRpcCbor, encodeRpcCbor } from './rpc-cbor.ts';
import { type Operation, readClientPackage, type ServiceSchema } from './schema.ts';
import type { WireProtocol, WireRequest } from './wire.ts';
import { encodeXmlMembers } from './xml.ts';

export interface DecodedRequest {
  readonly operation: Operation;
  readonly input: Record<string, unknown>;
}

export interface ServiceCodec {
  readonly service: Service;
  readonly schema: ServiceSchema;
  /** The protocol of this request: the service's own, or another that the request itself names. */
  protocolOf(request: WireRequest): WireProtocol;
  /** @throws DecodeError, ServiceError for an unknown operation */
  decode(protocol: WireProtocol, request: WireRequest): DecodedRequest;
  /** @throws EncodeError */
  encode(protocol: WireProtocol, operation: Operation, output: object, requestId: string): WireResponse;
}

export function createServiceCodec(service: Service): ServiceCodec {
  const schema = readClientPackage(service.clientPackage);
  let router: Router | undefined;
  const routerOf = (): Router => {
    router ??= createRouter(schema.operations.values(), service.signingName === 's3' ? 's3' : 'plain');
    return router;
  };
  return {
    service,
    schema,
    protocolOf: (request) => protocolOf(service, request),
    decode: (protocol, request) => decode(schema, protocol, request, routerOf),
    encode: (protocol, operation, output, requestId) =>
      encode(service, protocol, operation, output, requestId),
  };
}

/**
 * A query-compatible service takes several protocols under one signing name: CloudWatch's JavaScript client speaks
 * JSON, an AWS CLI CBOR or query, depending on its age.
 */
function protocolOf({ protocol }: Service, { headers }: WireRequest): WireProtocol {
  if (protocol === 'restXml' || protocol === 'restJson1' || protocol === 'ec2Query') return protocol;
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return 'rpcv2Cbor';
  const contentType = headers['content-type'] ?? '';
  if (contentType.startsWith('application/x-www-form-urlencoded')) return 'awsQuery';
  if (contentType.startsWith('application/x-amz-json-1.0')) return 'awsJson1_0';
  if (contentType.startsWith('application/x-amz-json-1.1')) return 'awsJson1_1';
  return protocol;
}

function decode(
  schema: ServiceSchema,
  protocol: WireProtocol,
  request: WireRequest,
  router: () => Router,
): DecodedRequest {
  switch (protocol) {
    case 'ec2Query':
    case 'awsQuery':
      return decodeQueryRequest(schema, protocol, request);
    case 'awsJson1_0':
    case 'awsJson1_1': {
      const target = request.headers['x-amz-target'] ?? '';
      const operation = schema.operations.get(target.slice(target.indexOf('.') + 1));
      if (!operation) throw new ServiceError('UnknownOperationException', `no operation ${target}`, 400);
      const body = request.body.length === 0 ? {} : parseJson(request.body.toString());
      return {
        operation,
        input: operation.input ? decodeJsonStructure(AWS_JSON, operation.input, body, '') : {},
      };
    }
    case 'rpcv2Cbor': {
      const name = /\/operation\/([A-Za-z0-9_]+)$/.exec(request.path)?.[1] ?? '';
      const operation = schema.operations.get(name);
      if (!operation) throw new ServiceError('UnknownOperationException', `no operation ${name}`, 404);
      return { operation, input: decodeRpcCbor(operation.input, request.body) };
    }
    default: {
      const format: RestFormat = protocol === 'restXml' ? 'xml' : 'json';
      const rest = {
        method: request.method,
        path: request.path,
        query: withoutPresigning(parseForm(request.query)),
        headers: request.headers,
      };
      const match = router()(rest);
      if (!match) throw noRoute(format, request);
      const { operation, labels } = match;
      return { operation, input: decodeRest(format, operation.input, labels, rest, request.body) };
    }
  }
}

function decodeQueryRequest(
  schema: ServiceSchema,
  dialect: QueryDialect,
  request: WireRequest,
): DecodedRequest {
  const parameters = withoutPresigning([...parseForm(request.query), ...parseForm(request.body.toString())]);
  const action = parameters.find(([name]) => name === 'Action')?.[1];
  if (action === undefined) {
    throw new ServiceError('MissingAction', 'The request must contain the parameter Action', 400);
  }
  const operation = schema.operations.get(action);
  if (!operation) {
    const version = parameters.find(([name]) => name === 'Version')?.[1] ?? '';
    const message =
      dialect === 'ec2Query'
        ? `The action ${action} is not valid for this web service.`
        : `Could not find operation ${action} for version ${version}`;
    throw new ServiceError('InvalidAction', message, 400);
  }
  return { operation, input: decodeQuery(dialect, operation.input, parameters) };
}

/** What a presigned request says of itself is nothing that an operation knows. */
function withoutPresigning(parameters: [string, string][]): [string, string][] {
  return parameters.some(([name]) => name === 'X-Amz-Signature')
    ? parameters.filter(([name]) => !name.startsWith('X-Amz-'))
    : parameters;
}

function noRoute(format: RestFormat, { method, path }: WireRequest): ServiceError {
  return format === 'xml'
    ? new ServiceError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405)
    : new ServiceError('UnknownOperationException', `no operation for ${method} ${path}`, 404);
}

function encode(
  { xmlNamespace, statusOf }: Service,
  protocol: WireProtocol,
  operation: Operation,
  output: object,
  requestId: string,
): WireResponse {
  const { name, output: shape } = operation;
  switch (protocol) {
    case 'ec2Query':
    case 'awsQuery': {
      const members = shape ? encodeXmlMembers(shape, output, name) : '';
      const xmlns = xmlNamespace === undefined ? '' : ` xmlns="${xmlNamespace}"`;
      // EC2 has no result element, and spells the request's id in another way.
      const content =
        protocol === 'ec2Query'
          ? `<requestId>${requestId}</requestId>${members}`
          : `${shape ? `<${name}Result>${members}</${name}Result>` : ''}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      return {
        status: 200,
        headers: { 'content-type': 'text/xml;charset=UTF-8' },
        body: `<?xml version="1.0" encoding="UTF-8"?>\n<${name}Response${xmlns}>${content}</${name}Response>`,
      };
    }
    case 'awsJson1_0':
    case 'awsJson1_1': {
      const body = shape ? encodeJsonStructure(AWS_JSON, shape, output, name) : {};
      const version = protocol === 'awsJson1_0' ? '1.0' : '1.1';
      const headers = { 'content-type': `application/x-amz-json-${version}` };
      return { status: 200, headers, body: JSON.stringify(body) };
    }
    case 'rpcv2Cbor': {
      const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
      return { status: 200, headers, body: encodeRpcCbor(shape, output, name) };
    }
    default: {
      const answer = encodeRest(protocol === 'restXml' ? 'xml' : 'json', operation, output, xmlNamespace);
      return { ...answer, status: statusOf?.(name, output) ?? answer.status };
    }
  }
}
