/** The way of a request through the sandbox, from its signature to its answer. */
import { randomUUID } from 'node:crypto';
import type { Fault, Faults } from './faults.ts';
import { decodeTransfer } from './http-message.ts';
import type { Identities } from './identities.ts';
import type { Latency } from './latency.ts';
import { AuthenticationError, readAuthorization } from './protocols/authorization.ts';
import { verifyChecksums } from './protocols/checksums.ts';
import { encodeError } from './protocols/errors.ts';
import { DecodeError } from './protocols/failures.ts';
import { authenticationFailure, decodeFailure } from './protocols/request-errors.ts';
import { checkRequired } from './protocols/required.ts';
import type { WireResponse } from './protocols/rest.ts';
import { createServiceCodec, type ServiceCodec } from './protocols/service-codec.ts';
import { verifySignature } from './protocols/sigv4.ts';
import type { WireProtocol, WireRequest } from './protocols/wire.ts';
import type { RequestLog } from './requests.ts';
import {
  type AnyHandler,
  type CallerIdentity,
  type RequestContext,
  type Service,
  ServiceError,
} from './service.ts';
import type { Throttle } from './throttle.ts';
import { throttlingError } from './throttling-errors.ts';
import { guessProtocol } from './unsigned.ts';
import type { World } from './world.ts';

export interface AuthorizationRequest {
  readonly context: RequestContext;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface DispatcherOptions {
  readonly world: World;
  readonly services: Iterable<Service>;
  readonly identities: Identities;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly latency: Latency;
  readonly authorize: ((request: AuthorizationRequest) => void | Promise<void>) | undefined;
  readonly onInternalError: ((error: unknown, place: string) => void) | undefined;
}

/** `cut`: the client gets no answer at all. */
export type Answer = WireResponse | 'cut';

/** What is known of a request so far: an error must be told in the right protocol wherever it comes from. */
interface Progress {
  readonly requestId: string;
  readonly queryMode: boolean;
  codec?: ServiceCodec;
  protocol: WireProtocol;
  service: string;
  action: string;
  account?: string;
}

/** Not an error of the service: an injected fault that leaves no answer. */
class ConnectionCut extends Error {}

const UNKNOWN = '(unknown)';

export function createDispatcher(options: DispatcherOptions): (request: WireRequest) => Promise<Answer> {
  const codecs = new Map(
    Array.from(options.services, (service) => [service.signingName, createServiceCodec(service)] as const),
  );
  return async (request) => {
    const time = Date.now();
    const progress: Progress = {
      requestId: randomUUID(),
      queryMode: request.headers['x-amzn-query-mode'] === 'true',
      protocol: guessProtocol(request),
      // Of the services that answer in XML without an action, only this one has paths of its own.
      service: request.path.startsWith('/2013-04-01/') ? 'route53' : UNKNOWN,
      action: UNKNOWN,
    };
    let answer: Answer;
    let code: string | undefined;
    try {
      answer = await process(options, codecs, request, progress);
    } catch (error) {
      if (error instanceof ConnectionCut) {
        answer = 'cut';
        code = 'ConnectionCut';
      } else {
        const told = tellable(error, progress, options.onInternalError);
        code = told.code;
        answer = encodeError(told, {
          protocol: progress.protocol,
          schema: progress.codec?.schema,
          xmlNamespace: progress.codec?.service.xmlNamespace,
          requestId: progress.requestId,
          path: request.path,
          wrapped: progress.protocol === 'restXml' && progress.service === 'route53',
          queryMode: progress.queryMode,
        });
      }
    }
    const { service, action, account } = progress;
    options.requests.record({
      time,
      service,
      action,
      status: answer === 'cut' ? 0 : answer.status,
      code,
      account,
    });
    return answer === 'cut' ? answer : withRequestId(answer, progress);
  };
}

async function process(
  options: DispatcherOptions,
  codecs: ReadonlyMap<string, ServiceCodec>,
  signed: WireRequest,
  progress: Progress,
): Promise<WireResponse> {
  const { world, throttle, latency, authorize } = options;
  const authorization = readAuthorization(signed);
  if (!authorization) throw new AuthenticationError('missing', 'Request is missing Authentication Token');
  const { region, service: signingName } = authorization.credential;
  const codec = codecs.get(signingName);
  if (!codec) throw unknownService(signingName, [...codecs.keys()]);
  const protocol = codec.protocolOf(signed);
  Object.assign(progress, { codec, protocol, service: signingName });
  const isS3 = signingName === 's3';

  const verified = verifySignature(signed, authorization, signed.body, options.identities, Date.now());
  const { account, arn, userId, accessKeyId } = verified.identity;
  const caller: CallerIdentity = { account, arn, userId, accessKeyId };
  progress.account = account;
  const request = decodeTransfer(signed, isS3, verified.verifyChunks);

  const { operation, input } = codec.decode(protocol, request);
  progress.action = operation.name;
  // The checksums that come with CompleteMultipartUpload are the object's, not those of the body.
  if (isS3 && operation.name !== 'CompleteMultipartUpload') verifyChecksums(request.headers, request.body);
  await latency.wait(signingName, operation.name);
  checkRequired(protocol, operation.input, input);

  world.settle();
  const context: RequestContext = {
    service: signingName,
    action: operation.name,
    region,
    caller,
    requestId: progress.requestId,
    now: world.now(),
    headers: request.headers,
  };
  await authorize?.({ context, input });
  if (!throttle.admit(context, input)) throw throttlingError(signingName);
  strike(codec, options.faults.strike('before', context, input));

  const handler = codec.service.handlers[operation.name];
  if (!handler) throw notImplemented(signingName, operation.name);
  const output = await run(handler, input, context);
  strike(codec, options.faults.strike('after', context, input));
  return codec.encode(protocol, operation, output, progress.requestId);
}

async function run(handler: AnyHandler, input: object, context: RequestContext): Promise<object> {
  // Sound because the input was decoded by the schema of the very operation that the handler is registered for.
  return await handler(input as never, context);
}

function strike({ schema }: ServiceCodec, fault: Fault | undefined): void {
  if (!fault) return;
  if (fault.cut) throw new ConnectionCut();
  // A code that the model knows has its status there.
  const modelled = schema.errors.has(fault.code) || schema.errorsByQueryCode.has(fault.code);
  const status = fault.status ?? (modelled ? undefined : 500);
  throw new ServiceError(fault.code, fault.message ?? 'Injected by the sandbox.', status);
}

function notImplemented(service: string, action: string): ServiceError {
  const message = `The sandbox does not implement ${service}:${action}.`;
  return service === 's3'
    ? new ServiceError('NotImplemented', message, 501)
    : new ServiceError('InvalidAction', message, 400);
}

function unknownService(name: string, known: readonly string[]): ServiceError {
  const message = `The sandbox has no service ${name}, only ${known.join(', ')}.`;
  return new ServiceError('UnknownService', message, 404);
}

function tellable(
  error: unknown,
  { protocol, codec, service, action }: Progress,
  onInternalError: DispatcherOptions['onInternalError'],
): ServiceError {
  if (error instanceof ServiceError) return error;
  if (error instanceof AuthenticationError) return authenticationFailure(protocol, service, error);
  if (error instanceof DecodeError && codec) return decodeFailure(protocol, service, codec.schema, error);
  onInternalError?.(error, `${service}:${action}`);
  const reason = error instanceof Error ? error.message : String(error);
  return new ServiceError(INTERNAL_CODE[protocol], `The sandbox failed: ${reason}`, 500);
}

const INTERNAL_CODE: Readonly<Record<WireProtocol, string>> = {
  ec2Query: 'InternalError',
  awsQuery: 'InternalFailure',
  awsJson1_0: 'InternalServerError',
  awsJson1_1: 'InternalServerError',
  rpcv2Cbor: 'InternalServerError',
  restJson1: 'ServiceException',
  restXml: 'InternalError',
};

function withRequestId(answer: WireResponse, { protocol, service, requestId }: Progress): WireResponse {
  // S3 names its requests in headers of its own.
  const headers: Record<string, string> =
    protocol === 'restXml' && service !== 'route53'
      ? { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId }
      : { 'x-amzn-requestid': requestId };
  return { ...answer, headers: { ...headers, ...answer.headers } };
}
