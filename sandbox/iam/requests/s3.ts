/**
 * What each S3 operation asks of policies, after "Required permissions for Amazon S3 API operations" of the S3 User
 * Guide: the actions are named otherwise than the operations in many places.
 */
import type {
  CopyObjectRequest,
  CreateBucketRequest,
  DeleteObjectRequest,
  DeleteObjectsRequest,
  GetObjectRequest,
  ListObjectVersionsRequest,
  PutObjectRequest,
  PutObjectRetentionRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../request-values.ts';
import { type Demands, demand, everything, type ServiceDemands } from './demand.ts';
import { copied, deleting, named, type ObjectInput, reading, writing } from './s3-objects.ts';
import { type BucketNamed, lockKeys, type S3For, S3Resources } from './s3-resources.ts';

/** Operations on a bucket, by the action that they need. */
const onBucket: Readonly<Record<string, string>> = {
  DeleteBucket: 's3:DeleteBucket',
  DeleteBucketEncryption: 's3:PutEncryptionConfiguration',
  DeleteBucketPolicy: 's3:DeleteBucketPolicy',
  DeleteBucketTagging: 's3:PutBucketTagging',
  DeletePublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  GetBucketLocation: 's3:GetBucketLocation',
  GetBucketPolicy: 's3:GetBucketPolicy',
  GetBucketTagging: 's3:GetBucketTagging',
  GetBucketVersioning: 's3:GetBucketVersioning',
  GetObjectLockConfiguration: 's3:GetBucketObjectLockConfiguration',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  HeadBucket: 's3:ListBucket',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  PutBucketEncryption: 's3:PutEncryptionConfiguration',
  PutBucketPolicy: 's3:PutBucketPolicy',
  PutBucketTagging: 's3:PutBucketTagging',
  PutBucketVersioning: 's3:PutBucketVersioning',
  PutObjectLockConfiguration: 's3:PutBucketObjectLockConfiguration',
  PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
};

/** Lists of a bucket, which policies may bound by prefix. */
const lists: Readonly<Record<string, string>> = {
  ListObjects: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
};

/** Operations on an object: the action, and the one for a version that is named. */
const onObject: Readonly<Record<string, readonly [string, string]>> = {
  AbortMultipartUpload: ['s3:AbortMultipartUpload', 's3:AbortMultipartUpload'],
  DeleteObjectTagging: ['s3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'],
  GetObjectLegalHold: ['s3:GetObjectLegalHold', 's3:GetObjectLegalHold'],
  GetObjectRetention: ['s3:GetObjectRetention', 's3:GetObjectRetention'],
  GetObjectTagging: ['s3:GetObjectTagging', 's3:GetObjectVersionTagging'],
  ListParts: ['s3:ListMultipartUploadParts', 's3:ListMultipartUploadParts'],
  PutObjectLegalHold: ['s3:PutObjectLegalHold', 's3:PutObjectLegalHold'],
  PutObjectTagging: ['s3:PutObjectTagging', 's3:PutObjectVersionTagging'],
};

/** The actions of Object Lock's configuration know nothing of the digest of the body. */
const keysOf = (action: string): Context =>
  action.endsWith('BucketObjectLockConfiguration') ? { 's3:x-amz-content-sha256': undefined } : {};

export function s3Demands(bucketNamed: BucketNamed): ServiceDemands {
  const s3For: S3For = (request) => new S3Resources(bucketNamed, request);
  const bucket =
    (action: string): Demands<{ readonly Bucket: string }> =>
    ({ Bucket }, request) => [demand(action, s3For(request).bucket(Bucket), keysOf(action))];
  const list =
    (action: string): Demands<ListObjectVersionsRequest> =>
    (input, request) => {
      const keys = {
        // Without a prefix there is no key, and a condition on it fails.
        's3:prefix': input.Prefix,
        's3:delimiter': input.Delimiter,
        's3:max-keys': input.MaxKeys?.toString(),
      };
      return [demand(action, s3For(request).bucket(input.Bucket ?? ''), keys)];
    };
  const object =
    ([plain, versioned]: readonly [string, string]): Demands<ObjectInput> =>
    ({ Bucket, Key, VersionId: version }, request) => [
      demand(version === undefined ? plain : versioned, s3For(request).object(Bucket, Key, version), {
        's3:VersionId': version,
      }),
    ];
  const multipart: Demands<ObjectInput> = ({ Bucket, Key }, request) =>
    writing(s3For(request), { Bucket, Key }, request);

  return {
    ...Object.fromEntries(Object.entries(onBucket).map(([name, action]) => [name, bucket(action)])),
    ...Object.fromEntries(Object.entries(lists).map(([name, action]) => [name, list(action)])),
    ...Object.fromEntries(Object.entries(onObject).map(([name, actions]) => [name, object(actions)])),

    ListBuckets: () => [demand('s3:ListAllMyBuckets', everything)],

    CreateBucket: (input: CreateBucketRequest, request) => [
      demand('s3:CreateBucket', s3For(request).newBucket(input.Bucket ?? ''), {
        's3:locationconstraint': input.CreateBucketConfiguration?.LocationConstraint,
      }),
      ...(input.ObjectLockEnabledForBucket
        ? [
            demand(
              's3:PutBucketObjectLockConfiguration',
              s3For(request).newBucket(input.Bucket ?? ''),
              keysOf('s3:PutBucketObjectLockConfiguration'),
            ),
            demand('s3:PutBucketVersioning', s3For(request).newBucket(input.Bucket ?? '')),
          ]
        : []),
    ],

    GetObject: (input: GetObjectRequest, request) => reading(s3For(request), named(input), request),
    HeadObject: (input: GetObjectRequest, request) => reading(s3For(request), named(input), request),

    PutObject: (input: PutObjectRequest, request) => writing(s3For(request), named(input), request, input),
    CreateMultipartUpload: multipart,
    UploadPart: multipart,
    CompleteMultipartUpload: (input: PutObjectRequest, request) =>
      writing(s3For(request), named(input), request, { IfNoneMatch: input.IfNoneMatch }),

    CopyObject: (input: CopyObjectRequest, request) => [
      ...copied(s3For(request), input.CopySource, request),
      ...writing(s3For(request), named(input), request, { 's3:x-amz-copy-source': input.CopySource }),
    ],
    UploadPartCopy: (input: CopyObjectRequest, request) => [
      ...copied(s3For(request), input.CopySource, request),
      ...writing(s3For(request), named(input), request),
    ],

    DeleteObject: (input: DeleteObjectRequest, request) =>
      deleting(s3For(request), named(input), input.BypassGovernanceRetention),
    // Each key is judged apart. S3 tells refusals per key; the sandbox refuses the whole request.
    DeleteObjects: (input: DeleteObjectsRequest, request) =>
      (input.Delete?.Objects ?? []).flatMap(({ Key = '', VersionId }) =>
        deleting(
          s3For(request),
          { Bucket: input.Bucket ?? '', Key, VersionId },
          input.BypassGovernanceRetention,
        ),
      ),

    PutObjectRetention: (input: PutObjectRetentionRequest, request) => {
      const target = s3For(request).object(input.Bucket ?? '', input.Key ?? '', input.VersionId);
      const keys = lockKeys(input.Retention?.Mode, input.Retention?.RetainUntilDate, request.now);
      return [
        demand('s3:PutObjectRetention', target, keys),
        ...(input.BypassGovernanceRetention ? [demand('s3:BypassGovernanceRetention', target)] : []),
      ];
    },
  };
}
