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
type Shared = Pick<AwsClientOptions, 'region' | 'endpoint' | 'credentials'> & {
  readonly retryStrategy: ReturnType<typeof clockRetryStrategy>;
};

export interface ClientMaker {
  /** A client that is made when it is first asked for, with our middleware inside. */
  lazy<I extends object, O extends object, C extends PacedClient<I, O>>(
    service: string,
    make: (shared: Shared) => C & PacedClient<I, O>,
  ): () => C;
  /** A custom endpoint (a sandbox, a private gateway) has no DNS name per bucket. */
  readonly forcePathStyle: boolean;
  /** Closes the connections that the clients keep open. */
  destroy(): void;
}

/** Clients of one account and Region: they share the request rates, the clock and the credentials. */
export function createClientMaker(options: AwsClientOptions): ClientMaker {
  const clock = options.clock ?? systemClock;
  const pacing = new Pacing(clock, options.rates ?? documentedRates, options.shards);
  const skew = new SkewCheck(options.localTime);
  const shared: Shared = {
    region: options.region,
    retryStrategy: clockRetryStrategy(clock),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
  const made: { destroy(): void }[] = [];
  return {
    lazy<I extends object, O extends object, C extends PacedClient<I, O>>(
      service: string,
      make: (shared: Shared) => C & PacedClient<I, O>,
    ): () => C {
      let client: C | undefined;
      return () => {
        if (client) return client;
        client = make(shared);
        client.middlewareStack.use(paceRequests<I, O>(service, { clock, pacing, skew }));
        // It copies every input and answer for a log that nobody reads: a tenth of what a large backup allocates.
        client.middlewareStack.remove('loggerMiddleware');
        made.push(client);
        return client;
      };
    },
    forcePathStyle: options.endpoint !== undefined || usesCustomEndpoint(),
    destroy() {
      for (const client of made) client.destroy();
    },
  };
}

interface PacedClient<I extends object, O extends object> {
  readonly middlewareStack: Pick<MiddlewareStack<I, O>, 'use' | 'remove'>;
  destroy(): void;
}

function usesCustomEndpoint(): boolean {
  return Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
}
