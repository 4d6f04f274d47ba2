import * as s3 from '@aws-sdk/client-s3';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { bucketConfigurationHandlers } from './bucket-configuration.ts';
import { checkBucketName } from './bucket-names.ts';
import { bucketHandlers } from './buckets.ts';
import { checksumOf, md5Hex } from './checksums.ts';
import { noSuchBucket } from './errors.ts';
import { listHandlers } from './lists.ts';
import { defaultRetentionFrom } from './locks.ts';
import type { BucketRecord, DefaultRetention, Version } from './model.ts';
import { multipartHandlers } from './multipart.ts';
import { multipartCompleteHandlers } from './multipart-complete.ts';
import { multipartListHandlers } from './multipart-lists.ts';
import { objectDeleteHandlers } from './object-delete.ts';
import { objectReadHandlers } from './object-read.ts';
import { objectSettingHandlers } from './object-settings.ts';
import { objectWriteHandlers } from './object-write.ts';
import { type ConflictSwitches, S3State } from './state.ts';
import { versionListHandlers } from './version-list.ts';

export interface BucketSeed {
  readonly name: string;
  readonly region: string;
  readonly account: string;
  /** Default: off, as for every new bucket. Object Lock turns it on. */
  readonly versioned?: boolean;
  readonly objectLock?: boolean;
  readonly defaultRetention?: DefaultRetention;
}

export interface S3 {
  readonly service: Service;
  /** How conditional writes race; change its members at any time. */
  readonly switches: ConflictSwitches;
  /** Makes a bucket without a request. Throws when the name is taken or none. */
  seedBucket(seed: BucketSeed): void;
  /** Writes an object as PutObject would, without conditions. Returns its version id. */
  seedObject(bucket: string, key: string, body: string | Uint8Array): string;
  /** Keys that have any version, a delete marker included, in order. */
  keys(bucket: string, prefix?: string): readonly string[];
  /** All versions of a key, oldest first; empty when there are none. */
  versions(bucket: string, key: string): readonly Version[];
  /** The current object as text, or undefined when there is none. */
  text(bucket: string, key: string): string | undefined;
  /** The record behind a bucket, e.g. its policy, or undefined. */
  bucket(name: string): Readonly<BucketRecord> | undefined;
}

/** Amazon S3: general purpose buckets in path style. */
export function createS3(world: World): S3 {
  const state = new S3State(world);
  const existing = (name: string): BucketRecord => {
    const bucket = state.buckets.get(name);
    if (!bucket) throw noSuchBucket(name);
    return bucket;
  };
  return {
    service: {
      signingName: 's3',
      protocol: 'restXml',
      clientPackage: s3,
      xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
      statusOf: (action, output) =>
        (action === 'GetObject' || action === 'HeadObject') && 'ContentRange' in output ? 206 : undefined,
      handlers: {
        ...bucketHandlers(state),
        ...bucketConfigurationHandlers(state),
        ...objectWriteHandlers(state),
        ...objectReadHandlers(state),
        ...objectDeleteHandlers(state),
        ...objectSettingHandlers(state),
        ...listHandlers(state),
        ...versionListHandlers(state),
        ...multipartHandlers(state),
        ...multipartCompleteHandlers(state),
        ...multipartListHandlers(state),
      },
    },
    switches: state.switches,
    seedBucket(seed) {
      checkBucketName(seed.name);
      if (state.buckets.has(seed.name)) throw new Error(`bucket ${seed.name} is there already`);
      const bucket = state.create(seed.name, seed.region, seed.account);
      bucket.objectLock = seed.objectLock ?? seed.defaultRetention !== undefined;
      bucket.versioning = seed.versioned || bucket.objectLock ? 'Enabled' : undefined;
      bucket.defaultRetention = seed.defaultRetention;
    },
    seedObject(name, key, content) {
      const bucket = existing(name);
      const body = typeof content === 'string' ? Buffer.from(content) : content;
      const versionId = state.newVersionId(bucket);
      state.push(bucket, key, {
        kind: 'object',
        versionId,
        modifiedAt: state.timestamp(world.now()),
        body,
        etag: `"${md5Hex(body)}"`,
        headers: { ContentType: 'binary/octet-stream' },
        metadata: {},
        storageClass: 'STANDARD',
        encryption: { algorithm: 'AES256' },
        checksum: { algorithm: 'CRC32', value: checksumOf('CRC32', body), type: 'FULL_OBJECT' },
        partSizes: [],
        tags: [],
        retention: defaultRetentionFrom(bucket.defaultRetention, world.now()),
        legalHold: undefined,
      });
      return versionId;
    },
    keys(name, prefix = '') {
      const every = existing(name).keys.from(() => true);
      return [...every].map(([key]) => key).filter((key) => key.startsWith(prefix));
    },
    versions: (name, key) => existing(name).keys.get(key) ?? [],
    text(name, key) {
      const current = existing(name).keys.get(key)?.at(-1);
      return current?.kind === 'object' ? Buffer.from(current.body).toString() : undefined;
    },
    bucket: (name) => state.buckets.get(name),
  };
}
