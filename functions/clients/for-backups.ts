import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, lazyClients } from './maker.ts';

export type BackupClients = Pick<AwsClients, 'ec2' | 'rds' | 's3' | 'lambda' | 'sns' | 'eventbridge' | 'sts'>;

/** Those that the backup worker uses, and no others: a bundle holds what it imports. */
export function createBackupClients(options: AwsClientOptions): BackupClients {
  return lazyClients<BackupClients>(options, {
    ec2: (shared) => new EC2Client(shared),
    rds: (shared) => new RDSClient(shared),
    s3: (shared) => new S3Client(shared),
    lambda: (shared) => new LambdaClient(shared),
    sns: (shared) => new SNSClient(shared),
    eventbridge: (shared) => new EventBridgeClient(shared),
    sts: (shared) => new STSClient(shared),
  });
}
