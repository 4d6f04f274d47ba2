import { Arn, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';

/** Disks and databases under keys of the customer: through EC2 and RDS only ("Requirements for Amazon EBS encryption"). */
export function encryptedVolumes(stack: Stack, { region }: Config): PolicyStatement[] {
  const resources = [Arn.format({ service: 'kms', resource: 'key', resourceName: '*' }, stack)];
  const viaService = [`ec2.${region}.amazonaws.com`, `rds.${region}.amazonaws.com`];
  return [
    new PolicyStatement({
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources,
      conditions: { StringEquals: { 'kms:ViaService': viaService } },
    }),
    new PolicyStatement({
      actions: ['kms:CreateGrant'],
      resources,
      conditions: {
        StringEquals: { 'kms:ViaService': viaService },
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      },
    }),
  ];
}
