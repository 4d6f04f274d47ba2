import type { World } from './world.ts';

export type Protocol = 'ec2Query' | 'awsQuery' | 'awsJson1_0' | 'awsJson1_1' | 'restJson1' | 'restXml';

export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
}

/** What a handler may know of the request beside its input. */
export interface RequestContext {
  readonly service: string;
  readonly action: string;
  readonly region: string;
  readonly caller: CallerIdentity;
  readonly requestId: string;
  /** Sandbox time in milliseconds since the epoch, fixed for the whole request. */
  readonly now: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** One operation: decoded, required members checked, caller authenticated, faults and throttles already applied. */
export type Handler<I, O> = (input: I, request: RequestContext) => O | Promise<O>;

/** Any handler, seen from the server, which only ever passes what the operation's own schema decoded. */
export type AnyHandler = Handler<never, object>;

export interface Service {
  /** Service name in the credential scope of the signature, e.g. `ec2`, `monitoring`. */
  readonly signingName: string;
  readonly protocol: Protocol;
  /** The client package's exports (`import * as ec2 from '@aws-sdk/client-ec2'`), the source of the schemas. */
  readonly clientPackage: object;
  readonly xmlNamespace?: string;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
  /** Another success status than the operation's own, where the answer decides it (S3: 206 for a range). */
  readonly statusOf?: (action: string, output: object) => number | undefined;
}

/** A service's module exports one of these; it keeps its state in the world's `regions`. */
export type ServiceFactory = (world: World) => Service;

/** An answer that AWS documents as an error. `code` is the wire code, `InvalidAMIID.NotFound`. */
export class ServiceError extends Error {
  readonly code: string;
  /** HTTP status; by default the schema's, else 400. */
  readonly status: number | undefined;
  /** Further members of a modelled error's structure. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Response headers that tell more about the error, lower-case names; all there is on a HEAD request. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status?: number,
    details: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}
