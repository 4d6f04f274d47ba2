import { ArnPrincipal, Effect, PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { OpenStatement } from './open-statement.ts';

/** Reading the ledger, every version of it, and adding to it; each with the words that a review finds it by. */
const rights = (bucketArn: string) =>
  ({
    WorkersListTheLedger: {
      actions: ['s3:ListBucketVersions'],
      resources: [bucketArn],
      conditions: { StringLike: { 's3:prefix': 'ledger/*' } },
    },
    WorkersReadTheLedger: { actions: ['s3:GetObjectVersion'], resources: [`${bucketArn}/ledger/*`] },
    WorkersAddToTheLedger: {
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/ledger/*`],
      conditions: { StringEquals: { 's3:if-none-match': '*' } },
    },
  }) satisfies Readonly<Record<string, PolicyStatementProps>>;

/** For the policy of our own vault: the only place that says who may do what with it. */
export const ledgerForRoles = (bucketArn: string, roleArns: readonly string[]): PolicyStatement[] =>
  Object.entries(rights(bucketArn)).map(
    ([sid, right]) =>
      new PolicyStatement({ sid, principals: roleArns.map((arn) => new ArnPrincipal(arn)), ...right }),
  );

/**
 * Whether a backup is held, and whether a last copy may go, people decide: no function writes that for them, or a restore
 * could make a rotation delete what it must keep.
 */
const leaveToPeople = (bucketArn: string): PolicyStatement =>
  new PolicyStatement({
    effect: Effect.DENY,
    actions: ['s3:PutObject'],
    resources: [`${bucketArn}/ledger/*/holds/*`, `${bucketArn}/ledger/*/forgets/*`],
  });

/**
 * For a worker's role: what it leaves to people, and the key of the vault, if it has one. The policy of a bucket that was there before is not ours,
 * so over such a one the role has the rights itself.
 */
export function ledger(bucketArn: string, { vault, region }: Config): PolicyStatement[] {
  return [
    leaveToPeople(bucketArn),
    ...(vault.existing ? Object.values(rights(bucketArn)).map(inRole) : []),
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

const inRole = (right: PolicyStatementProps): PolicyStatement =>
  new OpenStatement(
    'entries of the ledger have names that come with every run; the vault, its prefix and create-only stay fixed',
    right,
  );
