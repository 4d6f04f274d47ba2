import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Vault as VaultConfig } from '../functions/plan/config.ts';
import type { SnapkeepFunction } from './functions.ts';
import { ledgerForRoles } from './permissions/ledger.ts';

/** Access logs are for looking into what happened; a year covers an audit. */
const accessLogDays = 365;

export interface VaultProps {
  readonly vault: VaultConfig;
}

/**
 * The bucket with the ledger: versioned, under Object Lock, encrypted, reachable by TLS alone, and create-only below
 * `ledger/`, where its policy lets the workers alone. It outlives the stack, with its policy and its access log.
 * `existing: true` uses a bucket that is there and changes nothing about it.
 */
export class Vault extends Construct {
  readonly bucketName: string;
  readonly bucketArn: string;
  /** Undefined where the bucket is not ours. */
  readonly #bucket: Bucket | undefined;

  constructor(scope: Construct, id: string, { vault }: VaultProps) {
    super(scope, id);
    if (vault.existing) {
      const bucket = Bucket.fromBucketName(this, 'Bucket', vault.bucket);
      this.bucketName = bucket.bucketName;
      this.bucketArn = bucket.bucketArn;
    } else {
      this.#bucket = this.#createBucket(vault);
      this.bucketName = this.#bucket.bucketName;
      this.bucketArn = this.#bucket.bucketArn;
    }
  }

  /** Lets these functions read the ledger and add to it. Over an existing bucket their roles say so themselves. */
  open(functions: readonly SnapkeepFunction[]): void {
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    const roleArns = functions.map(({ role }) => role.roleArn);
    for (const statement of ledgerForRoles(bucket.bucketArn, roleArns)) bucket.addToResourcePolicy(statement);
    // Nothing starts a worker before it may write.
    if (bucket.policy) for (const { alias } of functions) alias.node.addDependency(bucket.policy);
  }

  #createBucket(vault: VaultConfig): Bucket {
    const accessLogs = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [{ expiration: Duration.days(accessLogDays) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const term = Duration.days(vault.lockDays);
    const key =
      vault.kmsKey === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : {
            encryption: BucketEncryption.KMS,
            encryptionKey: Key.fromKeyArn(this, 'Key', vault.kmsKey),
            bucketKeyEnabled: true,
          };
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: vault.bucket,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention:
        vault.lockMode === 'compliance'
          ? ObjectLockRetention.compliance(term)
          : ObjectLockRetention.governance(term),
      ...key,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // Sound: CDK's class is its interface; they differ in `| undefined` of optional members, which our compiler minds.
      serverAccessLogsBucket: accessLogs as IBucket,
      serverAccessLogsPrefix: 'vault/',
      removalPolicy: RemovalPolicy.RETAIN,
    });
    bucket.addToResourcePolicy(createOnly(bucket));
    // What is kept stays closed: a bucket without its policy is encrypted and locked, and open to plain HTTP.
    for (const each of [bucket, accessLogs]) each.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return bucket;
  }
}

/**
 * Nobody, whatever their role, writes to the ledger without `If-None-Match` ("Enforce conditional writes on Amazon S3
 * buckets"). Copies and multipart uploads, which cannot carry it in every step, are refused with it.
 */
function createOnly(bucket: Bucket): PolicyStatement {
  return new PolicyStatement({
    sid: 'LedgerIsCreateOnly',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['s3:PutObject'],
    resources: [bucket.arnForObjects('ledger/*')],
    conditions: { Null: { 's3:if-none-match': 'true' } },
  });
}
