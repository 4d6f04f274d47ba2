import { EC2Client } from '@aws-sdk/client-ec2';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, createClientMaker } from './maker.ts';

export type RestoreClients = Pick<AwsClients, 'ec2' | 'rds' | 's3' | 'ssm' | 'sns'>;

/** Those that the restore worker uses, and no others: a bundle holds what it imports. */
export function createRestoreClients(options: AwsClientOptions): RestoreClients {
  const { lazy, forcePathStyle } = createClientMaker(options);
  const ec2 = lazy('ec2', (shared) => new EC2Client(shared));
  const rds = lazy('rds', (shared) => new RDSClient(shared));
  const s3 = lazy('s3', (shared) => new S3Client({ ...shared, forcePathStyle }));
  const ssm = lazy('ssm', (shared) => new SSMClient(shared));
  const sns = lazy('sns', (shared) => new SNSClient(shared));
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
  };
}
