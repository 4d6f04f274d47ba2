import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, lazyClients } from './maker.ts';

export type RotationClients = Pick<
  AwsClients,
  'ec2' | 'rds' | 's3' | 'autoscaling' | 'sns' | 'eventbridge' | 'sts'
>;

/** Those that the rotation worker uses, and no others: a bundle holds what it imports. */
export function createRotationClients(options: AwsClientOptions): RotationClients {
  return lazyClients<RotationClients>(options, {
    ec2: (shared) => new EC2Client(shared),
    rds: (shared) => new RDSClient(shared),
    s3: (shared) => new S3Client(shared),
    autoscaling: (shared) => new AutoScalingClient(shared),
    sns: (shared) => new SNSClient(shared),
    eventbridge: (shared) => new EventBridgeClient(shared),
    sts: (shared) => new STSClient(shared),
  });
}
