import type { ErrorContext } from '../../../sandbox/protocols/errors.ts';
import { encodeError } from '../../../sandbox/protocols/errors.ts';
import { checkRequired } from '../../../sandbox/protocols/required.ts';
import { createServiceCodec, type ServiceCodec } from '../../../sandbox/protocols/service-codec.ts';
import type { WireProtocol, WireRequest } from '../../../sandbox/protocols/wire.ts';
import type { ServiceError } from '../../../sandbox/service.ts';
import type { Subject } from '../conformance/harness.ts';

/** A codec for raw bytes: what a request means, what an answer looks like. */
export class Golden {
  readonly codec: ServiceCodec;

  constructor(subject: Subject) {
    this.codec = createServiceCodec({ ...subject, handlers: {} });
  }

  decode(request: WireRequest): { readonly operation: string; readonly input: object } {
    const protocol = this.codec.protocolOf(request);
    const { operation, input } = this.codec.decode(protocol, request);
    checkRequired(protocol, operation.input, input);
    return { operation: operation.name, input };
  }

  encode(operationName: string, output: object, protocol: WireProtocol = this.codec.service.protocol) {
    const operation = this.codec.schema.operations.get(operationName);
    if (!operation) throw new Error(`no operation ${operationName}`);
    return this.codec.encode(protocol, operation, output, 'request-1');
  }

  encodeError(error: ServiceError, context: Partial<ErrorContext> = {}) {
    const { service, schema } = this.codec;
    return encodeError(error, {
      protocol: service.protocol,
      schema,
      xmlNamespace: service.xmlNamespace,
      requestId: 'request-1',
      path: '/',
      queryMode: false,
      ...context,
    });
  }
}

export function wireRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): WireRequest {
  const [path = '/', query = ''] = target.split('?');
  return {
    method,
    path,
    query,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    body: Buffer.from(body),
  };
}

export function form(body: string): WireRequest {
  return wireRequest(
    'POST',
    '/',
    { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  );
}
