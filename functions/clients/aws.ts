import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { type AwsClientOptions, lazyClients } from './maker.ts';

export type { AwsClientOptions } from './maker.ts';

export interface AwsServices {
  readonly ec2: EC2Client;
  readonly rds: RDSClient;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly eventbridge: EventBridgeClient;
  readonly sns: SNSClient;
  readonly sts: STSClient;
  readonly cloudwatch: CloudWatchClient;
  readonly lambda: LambdaClient;
  readonly autoscaling: AutoScalingClient;
  readonly route53: Route53Client;
}

export type AwsClients = AwsServices & {
  /** Closes the connections that the clients keep open. */
  destroy(): void;
};

/** Every client, for the command line. They are made as they are first used: a plan needs two or three. */
export function createAwsClients(options: AwsClientOptions): AwsClients {
  return lazyClients<AwsServices>(options, {
    ec2: (shared) => new EC2Client(shared),
    rds: (shared) => new RDSClient(shared),
    s3: (shared) => new S3Client(shared),
    ssm: (shared) => new SSMClient(shared),
    eventbridge: (shared) => new EventBridgeClient(shared),
    sns: (shared) => new SNSClient(shared),
    sts: (shared) => new STSClient(shared),
    cloudwatch: (shared) => new CloudWatchClient(shared),
    lambda: (shared) => new LambdaClient(shared),
    route53: (shared) => new Route53Client(shared),
    autoscaling: (shared) => new AutoScalingClient(shared),
  });
}
