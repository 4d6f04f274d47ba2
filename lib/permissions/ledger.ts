import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { OpenStatement } from './open-statement.ts';

const reason =
  'entries of the ledger have names that come with every run; the vault, its prefix and create-only stay fixed';

/** Reading the ledger, every version of it, and adding to it. */
export function ledger(bucketArn: string, { vault, region }: Config): PolicyStatement[] {
  const objects = [`${bucketArn}/ledger/*`];
  return [
    new PolicyStatement({
      actions: ['s3:ListBucketVersions'],
      resources: [bucketArn],
      conditions: { StringLike: { 's3:prefix': 'ledger/*' } },
    }),
    new OpenStatement(reason, { actions: ['s3:GetObjectVersion'], resources: objects }),
    // Also for a bucket whose policy is not ours (`existing: true`).
    new OpenStatement(reason, {
      actions: ['s3:PutObject'],
      resources: objects,
      conditions: { StringEquals: { 's3:if-none-match': '*' } },
    }),
    ...(vault.kmsKey === undefined
      ? []
      : [
          new PolicyStatement({
            actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
            resources: [vault.kmsKey],
            conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
          }),
        ]),
  ];
}
