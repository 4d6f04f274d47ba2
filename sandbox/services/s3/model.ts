import type {
  Bucket as BucketSummary,
  ChecksumAlgorithm,
  ChecksumType,
  ObjectLockMode,
  PublicAccessBlockConfiguration,
  ServerSideEncryptionConfiguration,
  StorageClass,
  Tag,
} from '@aws-sdk/client-s3';
import type { SortedKeys } from './sorted-keys.ts';

export interface Retention {
  readonly mode: ObjectLockMode;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface DefaultRetention {
  readonly mode: ObjectLockMode;
  readonly unit: 'days' | 'years';
  readonly count: number;
}

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, with `-<parts>` behind it when it is a checksum of the parts' checksums. */
  readonly value: string;
  readonly type: ChecksumType;
}

export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly kmsKeyId?: string;
  readonly bucketKey?: boolean;
}

/** Headers that are stored with an object and given back as they came. */
export interface ContentHeaders {
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly Expires?: Date | undefined;
  readonly WebsiteRedirectLocation?: string | undefined;
}

export interface ObjectVersion {
  readonly kind: 'object';
  /** `null` for what was written while versioning was off or suspended. */
  readonly versionId: string;
  /** Milliseconds since the epoch, whole seconds as S3 stores them. */
  readonly modifiedAt: number;
  readonly body: Uint8Array;
  /** With its quotes. */
  readonly etag: string;
  readonly headers: ContentHeaders;
  /** Names in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: StorageClass;
  readonly encryption: Encryption;
  readonly checksum: Checksum | undefined;
  /** Sizes of the parts of a multipart upload. */
  readonly partSizes: readonly number[];
  tags: readonly Tag[];
  retention: Retention | undefined;
  legalHold: boolean | undefined;
}

export interface DeleteMarker {
  readonly kind: 'marker';
  readonly versionId: string;
  readonly modifiedAt: number;
}

export type Version = ObjectVersion | DeleteMarker;

/** All versions of one key, oldest first: the last one is the current one. Never empty. */
export type History = Version[];

export interface UploadedPart {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly modifiedAt: number;
  readonly checksum: string | undefined;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiatedAt: number;
  readonly attributes: ObjectAttributes;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType;
  readonly parts: Map<number, UploadedPart>;
}

/** Everything of a version that its writer chose. */
export type ObjectAttributes = Pick<
  ObjectVersion,
  'headers' | 'metadata' | 'storageClass' | 'encryption' | 'tags' | 'retention' | 'legalHold'
>;

export interface BucketRecord {
  readonly name: string;
  readonly region: string;
  readonly account: string;
  readonly createdAt: number;
  versioning: 'Enabled' | 'Suspended' | undefined;
  objectLock: boolean;
  defaultRetention: DefaultRetention | undefined;
  /** The JSON text as it was put. */
  policy: string | undefined;
  encryption: ServerSideEncryptionConfiguration;
  publicAccessBlock: PublicAccessBlockConfiguration | undefined;
  tags: readonly Tag[] | undefined;
  readonly keys: SortedKeys<History>;
  readonly uploads: Map<string, Upload>;
}

export const summary = (bucket: BucketRecord): BucketSummary => ({
  Name: bucket.name,
  CreationDate: new Date(bucket.createdAt),
  BucketRegion: bucket.region,
  BucketArn: `arn:aws:s3:::${bucket.name}`,
});

/** Without the version argument: the current version. */
export function findVersion(history: History | undefined, versionId?: string): Version | undefined {
  return versionId === undefined
    ? history?.at(-1)
    : history?.find((version) => version.versionId === versionId);
}
