import type { AwsCredentialIdentity, MiddlewareStack } from '@smithy/types';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { BucketSizes } from '../shared/pacing.ts';
import { Pacing } from '../shared/pacing.ts';
import { paceRequests } from './middleware.ts';
import { documentedRates } from './request-rates.ts';
import { clockRetryStrategy } from './retries.ts';
import { SkewCheck } from './skew.ts';

export interface AwsClientOptions {
  readonly region: string;
  /** Where every service answers; undefined leaves it to the SDK (AWS_ENDPOINT_URL and its service-specific forms). */
  readonly endpoint?: string;
  /** Undefined leaves it to the SDK's default chain: environment, SSO, profile, container, instance. */
  readonly credentials?: AwsCredentialIdentity;
  readonly clock?: Clock;
  readonly rates?: BucketSizes;
  /** How many processes share the account's request buckets. */
  readonly shards?: number;
  /** The machine's own time, which is compared with that of AWS; `Date.now` unless a test says otherwise. */
  readonly localTime?: () => number;
}

/** What all clients of one process share. */
export type SharedSettings = Pick<AwsClientOptions, 'region' | 'endpoint' | 'credentials'> & {
  readonly retryStrategy: ReturnType<typeof clockRetryStrategy>;
  /** For S3: a custom endpoint (a sandbox, a private gateway) has no DNS name per bucket. */
  readonly forcePathStyle: boolean;
};

/** Any client of the SDK, as far as it is the same for all services. */
interface SdkClient {
  readonly middlewareStack: object;
  destroy(): void;
}

/** How to make each client, by the service's name in the tables of request rates. */
type Factories<T> = { readonly [Service in keyof T]: (shared: SharedSettings) => T[Service] };

/**
 * Clients of one account and Region: they share the request rates, the clock and the credentials. Each is made when
 * it is first asked for, with our middleware inside; `destroy` closes the connections of those that were.
 */
export function lazyClients<T extends { readonly [Service in keyof T]: SdkClient }>(
  options: AwsClientOptions,
  factories: Factories<T>,
): T & { destroy(): void } {
  const clock = options.clock ?? systemClock;
  const pacing = new Pacing(clock, options.rates ?? documentedRates, options.shards);
  const skew = new SkewCheck(options.localTime);
  const shared: SharedSettings = {
    region: options.region,
    retryStrategy: clockRetryStrategy(clock),
    forcePathStyle: options.endpoint !== undefined || usesCustomEndpoint(),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
  const made = new Map<string, SdkClient>();
  const make = (service: string, factory: (shared: SharedSettings) => SdkClient): SdkClient => {
    const client = factory(shared);
    // Sound: it is the stack of an SDK client, and our middleware looks at no input or output of the service.
    const stack = client.middlewareStack as MiddlewareStack<object, object>;
    stack.use(paceRequests(service, { clock, pacing, skew }));
    // It copies every input and answer for a log that nobody reads: a tenth of what a large backup allocates.
    stack.remove('loggerMiddleware');
    made.set(service, client);
    return client;
  };
  const clients = {
    destroy() {
      for (const client of made.values()) client.destroy();
    },
  };
  for (const [service, factory] of Object.entries<(shared: SharedSettings) => SdkClient>(factories)) {
    Object.defineProperty(clients, service, {
      enumerable: true,
      get: () => made.get(service) ?? make(service, factory),
    });
  }
  // Sound: each property that `T` has was defined above by the factory of the same name and type.
  return clients as T & { destroy(): void };
}

function usesCustomEndpoint(): boolean {
  return Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
}
