/** Reading, writing and deleting objects, as policies are asked about them. */
import type { PutObjectRequest } from '@aws-sdk/client-s3';
import type { RequestContext } from '../../service.ts';
import { findVersion } from '../../services/s3/model.ts';
import type { Context } from '../request-values.ts';
import { type Demand, demand } from './demand.ts';
import { useOfKey } from './kms.ts';
import { lockKeys, objectTagKeys, type S3Resources } from './s3-resources.ts';

export interface ObjectInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string | undefined;
}

export const named = (input: {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}): ObjectInput => ({ Bucket: input.Bucket ?? '', Key: input.Key ?? '', VersionId: input.VersionId });

/**
 * Whoever may not list a bucket does not learn either that a key is missing: GetObject and HeadObject then answer 403
 * ("Permissions" of GetObject, Amazon S3 API Reference).
 */
export function reading(
  s3: S3Resources,
  { Bucket, Key, VersionId }: ObjectInput,
  request: RequestContext,
): Demand[] {
  const action = VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  const target = s3.object(Bucket, Key, VersionId);
  const record = s3.record(Bucket);
  const version = findVersion(record?.keys.get(Key), VersionId);
  const isThere = version?.kind === 'object';
  const key = isThere ? version.encryption.kmsKeyId : undefined;
  return [
    demand(action, target, { 's3:VersionId': VersionId }),
    ...(isThere || !record ? [] : [demand('s3:ListBucket', s3.bucket(Bucket))]),
    ...(key === undefined ? [] : useOfKey('s3Read', key, request)),
  ];
}

export function copied(s3: S3Resources, source: string | undefined, request: RequestContext): Demand[] {
  // `[/]<bucket>/<key, URL-encoded>[?versionId=<id>]`; what is malformed the operation refuses by itself.
  const [, path = '', VersionId] = /^\/?(.*?)(?:\?versionId=(.*))?$/s.exec(source ?? '') ?? [];
  const slash = path.indexOf('/');
  const Key = decoded(path.slice(slash + 1));
  return reading(s3, { Bucket: decoded(path.slice(0, Math.max(slash, 0))), Key, VersionId }, request);
}

type WriteInput = Partial<Omit<PutObjectRequest, 'Bucket' | 'Key'>> & {
  readonly 's3:x-amz-copy-source'?: string | undefined;
};

/** A write, and what its headers ask for beside it: tags, a lock, and with `If-Match` the right to read. */
export function writing(
  s3: S3Resources,
  { Bucket, Key }: ObjectInput,
  request: RequestContext,
  input: WriteInput = {},
): Demand[] {
  const target = s3.object(Bucket, Key, undefined);
  const lock = lockKeys(input.ObjectLockMode, input.ObjectLockRetainUntilDate, request.now);
  const tags = objectTagKeys(input.Tagging);
  const hold = { 's3:object-lock-legal-hold': input.ObjectLockLegalHoldStatus };
  const acl = { 's3:x-amz-acl': input.ACL };
  const keys: Context = {
    's3:if-none-match': input.IfNoneMatch,
    's3:if-match': input.IfMatch,
    's3:x-amz-storage-class': input.StorageClass,
    's3:x-amz-server-side-encryption': input.ServerSideEncryption,
    's3:x-amz-server-side-encryption-aws-kms-key-id': input.SSEKMSKeyId,
    's3:x-amz-copy-source': input['s3:x-amz-copy-source'],
    ...{ ...lock, ...hold, ...acl, ...tags },
  };
  const demands = [
    demand('s3:PutObject', target, keys),
    ...(input.Tagging === undefined ? [] : [demand('s3:PutObjectTagging', target, tags)]),
    ...(input.ObjectLockMode === undefined ? [] : [demand('s3:PutObjectRetention', target, lock)]),
    ...(input.ObjectLockLegalHoldStatus === undefined ? [] : [demand('s3:PutObjectLegalHold', target, hold)]),
    ...(input.ACL === undefined ? [] : [demand('s3:PutObjectAcl', target, acl)]),
    // "Conditional requests": If-Match needs s3:GetObject as well, If-None-Match nothing more.
    ...(input.IfMatch === undefined ? [] : [demand('s3:GetObject', target)]),
  ];
  const key =
    input.SSEKMSKeyId ?? (input.ServerSideEncryption === undefined ? s3.defaultKey(Bucket) : undefined);
  return [...demands, ...(key === undefined ? [] : useOfKey('s3Write', key, request))];
}

export function deleting(
  s3: S3Resources,
  { Bucket, Key, VersionId }: ObjectInput,
  bypass: boolean | undefined,
): Demand[] {
  const target = s3.object(Bucket, Key, VersionId);
  return [
    demand(VersionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', target, {
      's3:VersionId': VersionId,
    }),
    ...(bypass ? [demand('s3:BypassGovernanceRetention', target)] : []),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
