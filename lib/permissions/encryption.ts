import { Arn, type Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { OpenStatement } from './open-statement.ts';

const reason =
  'which keys the disks and databases are under is known to them alone; bounded to calls that come through EC2 and RDS';

/** Disks and databases under keys of the customer: through EC2 and RDS only ("Requirements for Amazon EBS encryption"). */
export function encryptedVolumes(stack: Stack, { region }: Config): PolicyStatement[] {
  const resources = [Arn.format({ service: 'kms', resource: 'key', resourceName: '*' }, stack)];
  const viaService = [`ec2.${region}.amazonaws.com`, `rds.${region}.amazonaws.com`];
  return [
    new OpenStatement(reason, {
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
    new OpenStatement(reason, {
      actions: ['kms:CreateGrant'],
      resources,
      conditions: {
        StringEquals: { 'kms:ViaService': viaService },
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      },
    }),
  ];
}
