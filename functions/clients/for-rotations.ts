import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import type { AwsClients } from './aws.ts';
import { type AwsClientOptions, createClientMaker } from './maker.ts';

export type RotationClients = Pick<AwsClients, 'ec2' | 'rds' | 's3' | 'autoscaling' | 'sns' | 'sts'>;

/** Those that the rotation worker uses, and no others: a bundle holds what it imports. */
export function createRotationClients(options: AwsClientOptions): RotationClients {
  const { lazy, forcePathStyle } = createClientMaker(options);
  const ec2 = lazy('ec2', (shared) => new EC2Client(shared));
  const rds = lazy('rds', (shared) => new RDSClient(shared));
  const s3 = lazy('s3', (shared) => new S3Client({ ...shared, forcePathStyle }));
  const autoscaling = lazy('autoscaling', (shared) => new AutoScalingClient(shared));
  const sns = lazy('sns', (shared) => new SNSClient(shared));
  const sts = lazy('sts', (shared) => new STSClient(shared));
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
    get autoscaling() {
      return autoscaling();
    },
    get sns() {
      return sns();
    },
    get sts() {
      return sts();
    },
  };
}
