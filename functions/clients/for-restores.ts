import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, lazyClients } from './maker.ts';

export type RestoreClients = Pick<
  AwsClients,
  'ec2' | 'rds' | 's3' | 'route53' | 'ssm' | 'sns' | 'eventbridge'
>;

/** Those that the restore worker uses, and no others: a bundle holds what it imports. */
export function createRestoreClients(options: AwsClientOptions): RestoreClients {
  return lazyClients<RestoreClients>(options, {
    ec2: (shared) => new EC2Client(shared),
    rds: (shared) => new RDSClient(shared),
    route53: (shared) => new Route53Client(shared),
    s3: (shared) => new S3Client(shared),
    ssm: (shared) => new SSMClient(shared),
    sns: (shared) => new SNSClient(shared),
    eventbridge: (shared) => new EventBridgeClient(shared),
  });
}
