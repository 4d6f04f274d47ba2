/** What the operations of all services ask of policies, by signing name. */
import type { Ec2 } from '../services/ec2/service.ts';
import type { Rds } from '../services/rds/service.ts';
import type { S3 } from '../services/s3/service.ts';
import type { ResourcePolicy } from './iam.ts';
import { cloudFormationDemands } from './requests/cloudformation.ts';
import type { ServiceDemands } from './requests/demand.ts';
import { ec2Demands } from './requests/ec2.ts';
import { eventBridgeDemands } from './requests/eventbridge.ts';
import { lambdaDemands } from './requests/lambda.ts';
import {
  autoScalingDemands,
  cloudWatchDemands,
  route53Demands,
  snsDemands,
  stsDemands,
} from './requests/others.ts';
import { rdsDemands } from './requests/rds.ts';
import { s3Demands } from './requests/s3.ts';
import { systemsManagerDemands } from './requests/systems-manager.ts';

export interface Services {
  readonly ec2: Pick<Ec2, 'region'>;
  readonly rds: Pick<Rds, 'inspect'>;
  readonly s3: Pick<S3, 'bucket'>;
}

export function allDemands({ ec2, rds, s3 }: Services): Readonly<Record<string, ServiceDemands>> {
  return {
    ec2: ec2Demands((name) => ec2.region(name)),
    rds: rdsDemands((account, region) => rds.inspect(account, region)),
    s3: s3Demands((name) => s3.bucket(name)),
    sts: stsDemands,
    ssm: systemsManagerDemands((name) => ec2.region(name)),
    sns: snsDemands,
    events: eventBridgeDemands,
    monitoring: cloudWatchDemands,
    cloudformation: cloudFormationDemands,
    lambda: lambdaDemands,
    autoscaling: autoScalingDemands,
    route53: route53Demands,
  };
}

/** The policy of a bucket, for the bucket and everything in it. */
export function bucketPolicyOf(s3: Pick<S3, 'bucket'>, arn: string): ResourcePolicy | undefined {
  const name = /^arn:aws[a-z-]*:s3:::([^/]+)/.exec(arn)?.[1];
  const bucket = name === undefined ? undefined : s3.bucket(name);
  return bucket && { account: bucket.account, document: bucket.policy };
}
