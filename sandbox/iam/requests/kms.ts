/**
 * What services ask of a customer's key in the caller's name. The AWS managed keys (`aws/ebs`, `aws/rds`) let everybody
 * of the account use them through their service, so they ask nothing of the caller's policies.
 */
import type { RequestContext } from '../../service.ts';
import type { Demand } from './demand.ts';

type Service = 'ec2' | 'rds' | 's3';

/** Actions by what a service does with the key. */
const uses = {
  /** "Requirements for Amazon EBS encryption": what whoever makes or launches encrypted volumes and snapshots needs. */
  ec2: [
    'kms:CreateGrant',
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:GenerateDataKeyWithoutPlaintext',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],
  /** "Authorizing use of a customer managed key" of the Amazon RDS User Guide. */
  rds: ['kms:CreateGrant', 'kms:DescribeKey'],
  /** "Protecting data with server-side encryption using AWS KMS keys": by direction. */
  s3Write: ['kms:GenerateDataKey'],
  s3Read: ['kms:Decrypt'],
} as const;

export function useOfKey(
  use: keyof typeof uses,
  keyArn: string,
  { region, caller }: RequestContext,
): readonly Demand[] {
  const service: Service = use === 's3Write' || use === 's3Read' ? 's3' : use;
  return uses[use].map((action) => ({
    action,
    resource: keyArn,
    via: `${service}.amazonaws.com`,
    context: {
      'kms:ViaService': `${service}.${region}.amazonaws.com`,
      'kms:CallerAccount': caller.account,
      // Services make grants for their own resources, never for principals of the account.
      'kms:GrantIsForAWSResource': action === 'kms:CreateGrant' ? 'true' : undefined,
    },
  }));
}
