import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
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

export interface AwsClients {
  readonly ec2: EC2Client;
  readonly rds: RDSClient;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly sns: SNSClient;
  readonly sts: STSClient;
  readonly cloudwatch: CloudWatchClient;
  readonly lambda: LambdaClient;
  readonly autoscaling: AutoScalingClient;
  readonly route53: Route53Client;
  /** Closes the connections that the clients keep open. */
  destroy(): void;
}

/** The only place that constructs AWS clients. They are made as they are first used: a plan needs two or three. */
export function createAwsClients(options: AwsClientOptions): AwsClients {
  const clock = options.clock ?? systemClock;
  const pacing = new Pacing(clock, options.rates ?? documentedRates, options.shards);
  const skew = new SkewCheck(options.localTime);
  const shared = {
    region: options.region,
    retryStrategy: clockRetryStrategy(clock),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  };
  const made: { destroy(): void }[] = [];

  /** Makes a client when it is first asked for, with our middleware inside. */
  function lazy<I extends object, O extends object, C extends PacedClient<I, O>>(
    service: string,
    make: () => C & PacedClient<I, O>,
  ): () => C {
    let client: C | undefined;
    return () => {
      if (client) return client;
      client = make();
      client.middlewareStack.use(paceRequests<I, O>(service, { clock, pacing, skew }));
      // It copies every input and answer for a log that nobody reads: a tenth of what a large backup allocates.
      client.middlewareStack.remove('loggerMiddleware');
      made.push(client);
      return client;
    };
  }

  const ec2 = lazy('ec2', () => new EC2Client(shared));
  const rds = lazy('rds', () => new RDSClient(shared));
  // A custom endpoint (a sandbox, a private gateway) has no DNS name per bucket.
  const forcePathStyle = options.endpoint !== undefined || usesCustomEndpoint();
  const s3 = lazy('s3', () => new S3Client({ ...shared, forcePathStyle }));
  const ssm = lazy('ssm', () => new SSMClient(shared));
  const sns = lazy('sns', () => new SNSClient(shared));
  const sts = lazy('sts', () => new STSClient(shared));
  const cloudwatch = lazy('cloudwatch', () => new CloudWatchClient(shared));
  const lambda = lazy('lambda', () => new LambdaClient(shared));
  const route53 = lazy('route53', () => new Route53Client(shared));
  const autoscaling = lazy('autoscaling', () => new AutoScalingClient(shared));

  return {
    get ec2() {
      return ec2();
    },
    get rds() {
      return rds();
    },
    get s3() {
      return s3();
    },
    get ssm() {
      return ssm();
    },
    get sns() {
      return sns();
    },
    get sts() {
      return sts();
    },
    get cloudwatch() {
      return cloudwatch();
    },
    get lambda() {
      return lambda();
    },
    get autoscaling() {
      return autoscaling();
    },
    get route53() {
      return route53();
    },
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
