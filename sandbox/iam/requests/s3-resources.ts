/** Buckets and objects as policies see them, after "Actions, resources, and condition keys for Amazon S3". */
import type { RequestContext } from '../../service.ts';
import { type BucketRecord, findVersion } from '../../services/s3/model.ts';
import type { Context } from '../request-values.ts';
import { partitionOf, type Target, tagValues } from './demand.ts';

export type BucketNamed = (name: string) => Readonly<BucketRecord> | undefined;

/** Every request of the sandbox is signed by header with version 4 and counts as TLS, see `globalKeys`. */
const requestKeys: Context = {
  's3:authType': 'REST-HEADER',
  's3:signatureversion': 'AWS4-HMAC-SHA256',
  's3:TlsVersion': '1.3',
};

export class S3Resources {
  readonly #bucketNamed: BucketNamed;
  readonly #request: RequestContext;

  constructor(bucketNamed: BucketNamed, request: RequestContext) {
    this.#bucketNamed = bucketNamed;
    this.#request = request;
  }

  record(name: string): Readonly<BucketRecord> | undefined {
    return this.#bucketNamed(name);
  }

  bucket(name: string): Target {
    const record = this.record(name);
    const tags = (record?.tags ?? []).map(({ Key = '', Value = '' }): [string, string] => [Key, Value]);
    return this.#target(name, '', tagValues('aws:ResourceTag/', tags));
  }

  /** A bucket that is about to be made, which is nobody's yet. */
  newBucket(name: string): Target {
    const { missing: _, ...target } = this.#target(name, '', {});
    return target;
  }

  object(bucket: string, key: string, versionId: string | undefined): Target {
    const version = findVersion(this.record(bucket)?.keys.get(key), versionId);
    const tags = version?.kind === 'object' ? version.tags : [];
    const list = tags.map(({ Key = '', Value = '' }): [string, string] => [Key, Value]);
    return this.#target(bucket, `/${key}`, tagValues('s3:ExistingObjectTag/', list));
  }

  /** The customer's key that a bucket encrypts with unless a request says otherwise. */
  defaultKey(name: string): string | undefined {
    const rule = this.record(name)?.encryption.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
    return rule?.SSEAlgorithm?.startsWith('aws:kms') ? rule.KMSMasterKeyID : undefined;
  }

  #target(bucket: string, path: string, context: Context): Target {
    const record = this.record(bucket);
    const owner = record?.account ?? this.#request.caller.account;
    return {
      resource: `arn:${partitionOf(this.#request.region)}:s3:::${bucket}${path}`,
      owner,
      ...(record ? {} : { missing: true }),
      context: {
        ...requestKeys,
        's3:ResourceAccount': owner,
        's3:x-amz-content-sha256': this.#request.headers['x-amz-content-sha256'],
        ...context,
      },
    };
  }
}

export type S3For = (request: RequestContext) => S3Resources;

export function lockKeys(mode: string | undefined, until: Date | undefined, now: number): Context {
  if (until === undefined) return { 's3:object-lock-mode': mode };
  return {
    's3:object-lock-mode': mode,
    's3:object-lock-retain-until-date': until.toISOString(),
    's3:object-lock-remaining-retention-days': String(Math.ceil((until.getTime() - now) / 86_400_000)),
  };
}

/** @param tagging as in the header: `a=1&b=2` */
export function objectTagKeys(tagging: string | undefined): Context {
  if (tagging === undefined) return {};
  const tags = [...new URLSearchParams(tagging)];
  return {
    ...tagValues('s3:RequestObjectTag/', tags),
    's3:RequestObjectTagKeys': tags.map(([key]) => key),
  };
}
