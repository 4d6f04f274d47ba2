import type { PutObjectRequest } from '@aws-sdk/client-s3';
import { invalidArgument, s3Error } from './errors.ts';
import { retentionOfWrite } from './locks.ts';
import type { BucketRecord, Encryption, ObjectAttributes, ObjectVersion } from './model.ts';
import { parseTagging } from './tags.ts';

/** Members that PutObject, CopyObject and CreateMultipartUpload have in common. */
export type WriteInput = Pick<
  PutObjectRequest,
  | 'CacheControl'
  | 'ContentDisposition'
  | 'ContentEncoding'
  | 'ContentLanguage'
  | 'ContentType'
  | 'Expires'
  | 'WebsiteRedirectLocation'
  | 'Metadata'
  | 'StorageClass'
  | 'ServerSideEncryption'
  | 'SSEKMSKeyId'
  | 'BucketKeyEnabled'
  | 'SSECustomerAlgorithm'
  | 'Tagging'
  | 'ObjectLockMode'
  | 'ObjectLockRetainUntilDate'
  | 'ObjectLockLegalHoldStatus'
>;

const storageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
  'EXPRESS_ONEZONE',
  'OUTPOSTS',
  'SNOW',
];

/** What the writer chose and the bucket's defaults fill in. Checks it all before anything is stored. */
export function writeAttributes(bucket: BucketRecord, input: WriteInput, now: number): ObjectAttributes {
  const metadata = lowerCaseNames(input.Metadata ?? {});
  const metadataBytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (metadataBytes > 2048) {
    throw s3Error('MetadataTooLarge', 400, 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(metadataBytes),
      MaxSizeAllowed: '2048',
    });
  }
  const storageClass = input.StorageClass ?? 'STANDARD';
  if (!storageClasses.includes(storageClass)) {
    throw s3Error('InvalidStorageClass', 400, 'The storage class you specified is not valid');
  }
  return {
    headers: {
      CacheControl: input.CacheControl,
      ContentDisposition: input.ContentDisposition,
      ContentEncoding: input.ContentEncoding || undefined,
      ContentLanguage: input.ContentLanguage,
      ContentType: input.ContentType || 'binary/octet-stream',
      Expires: input.Expires,
      WebsiteRedirectLocation: input.WebsiteRedirectLocation,
    },
    metadata,
    storageClass,
    encryption: encryptionOf(bucket, input),
    tags: parseTagging(input.Tagging),
    ...retentionOfWrite(bucket, input, now),
  };
}

export const checkKey = (key: string): void => {
  if (Buffer.byteLength(key) > 1024) {
    throw s3Error('KeyTooLongError', 400, 'Your key is too long', {
      Size: String(Buffer.byteLength(key)),
      MaxSizeAllowed: '1024',
    });
  }
};

/** Header members of an answer about a stored object. */
export function encryptionFields({ encryption }: { readonly encryption: Encryption }) {
  return {
    ServerSideEncryption: encryption.algorithm,
    ...(encryption.kmsKeyId === undefined ? {} : { SSEKMSKeyId: encryption.kmsKeyId }),
    ...(encryption.bucketKey ? { BucketKeyEnabled: true } : {}),
  };
}

export function lockFields({ retention, legalHold }: Pick<ObjectVersion, 'retention' | 'legalHold'>) {
  return {
    ...(retention
      ? { ObjectLockMode: retention.mode, ObjectLockRetainUntilDate: new Date(retention.until) }
      : {}),
    ...(legalHold === undefined
      ? {}
      : { ObjectLockLegalHoldStatus: legalHold ? ('ON' as const) : ('OFF' as const) }),
  };
}

function encryptionOf(bucket: BucketRecord, input: WriteInput): Encryption {
  if (input.SSECustomerAlgorithm !== undefined) {
    throw s3Error('NotImplemented', 501, 'The sandbox does not keep customer-provided encryption keys.');
  }
  const rule = bucket.encryption.Rules?.[0];
  const fallback = rule?.ApplyServerSideEncryptionByDefault;
  const algorithm = input.ServerSideEncryption ?? fallback?.SSEAlgorithm ?? 'AES256';
  if (algorithm !== 'AES256' && algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument(
      'The encryption method specified is not supported',
      'x-amz-server-side-encryption',
      algorithm,
    );
  }
  if (algorithm === 'AES256') {
    if (input.SSEKMSKeyId !== undefined) {
      throw invalidArgument(
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
        'x-amz-server-side-encryption',
        input.ServerSideEncryption,
      );
    }
    return { algorithm };
  }
  const kmsKeyId =
    input.SSEKMSKeyId ??
    fallback?.KMSMasterKeyID ??
    `arn:aws:kms:${bucket.region}:${bucket.account}:alias/aws/s3`;
  return { algorithm, kmsKeyId, bucketKey: input.BucketKeyEnabled ?? rule?.BucketKeyEnabled ?? false };
}

const lowerCaseNames = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
