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
import { type AwsClientOptions, createClientMaker } from './maker.ts';

export type { AwsClientOptions } from './maker.ts';

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

/** Every client, for the command line. They are made as they are first used: a plan needs two or three. */
export function createAwsClients(options: AwsClientOptions): AwsClients {
  const { lazy, forcePathStyle, destroy } = createClientMaker(options);
  const ec2 = lazy('ec2', (shared) => new EC2Client(shared));
  const rds = lazy('rds', (shared) => new RDSClient(shared));
  const s3 = lazy('s3', (shared) => new S3Client({ ...shared, forcePathStyle }));
  const ssm = lazy('ssm', (shared) => new SSMClient(shared));
  const sns = lazy('sns', (shared) => new SNSClient(shared));
  const sts = lazy('sts', (shared) => new STSClient(shared));
  const cloudwatch = lazy('cloudwatch', (shared) => new CloudWatchClient(shared));
  const lambda = lazy('lambda', (shared) => new LambdaClient(shared));
  const route53 = lazy('route53', (shared) => new Route53Client(shared));
  const autoscaling = lazy('autoscaling', (shared) => new AutoScalingClient(shared));

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
    destroy,
  };
}
