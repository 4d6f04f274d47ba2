import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Clock } from '../shared/clock.ts';
import type { Json } from '../shared/durable.ts';
import { errorCode, failedError, usageError } from '../shared/errors.ts';
import type { Vault } from './vault.ts';
import { UnreadableDocumentError, vaultProblem } from './vault-errors.ts';

/** Two writers that meet at one key answer 409; the race is over within moments. */
const conflictAttempts = 8;

export interface S3VaultOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly clock: Clock;
}

/** The vault on a versioned S3 bucket with Object Lock; retention comes from the bucket's default. */
export class S3Vault implements Vault {
  readonly #s3: S3Client;
  readonly #bucket: string;
  readonly #clock: Clock;

  constructor({ s3, bucket, clock }: S3VaultOptions) {
    this.#s3 = s3;
    this.#bucket = bucket;
    this.#clock = clock;
  }

  /** Refuses a bucket that is missing, foreign or not versioned, before anything depends on it. */
  async check(): Promise<void> {
    const { Status } = await this.#s3
      .send(new GetBucketVersioningCommand({ Bucket: this.#bucket }))
      .catch((error: unknown) => {
        throw vaultProblem(error, this.#bucket, 'read');
      });
    if (Status === 'Enabled') return;
    throw usageError(
      `the vault bucket ${this.#bucket} is not versioned, so its ledger could be overwritten`,
      'deploy the stack (`npx cdk deploy`), or use a bucket with versioning and Object Lock',
    );
  }

  async create(key: string, document: Json | object): Promise<'created' | 'exists'> {
    const command = new PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      // As bytes: of a text the SDK makes bytes several times over, to measure, to hash and to send it.
      Body: Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`),
      ContentType: 'application/json',
      IfNoneMatch: '*',
    });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#s3.send(command);
        return 'created';
      } catch (error) {
        const code = errorCode(error);
        if (code === 'PreconditionFailed') return 'exists';
        if (code !== 'ConditionalRequestConflict' || attempt === conflictAttempts) {
          throw vaultProblem(error, this.#bucket, 'write');
        }
        await this.#clock.sleep(50 * 2 ** attempt);
      }
    }
  }

  async read(key: string, version?: string): Promise<Json | undefined> {
    if (version !== undefined) return this.#readVersion(key, version);
    let oldest: string | undefined;
    for await (const page of this.#versions(key)) {
      // Keys come in order and the versions of one key newest first, so the last one seen is the oldest.
      for (const version of page.Versions ?? []) if (version.Key === key) oldest = version.VersionId;
      if (lastKey(page) > key) break;
    }
    if (oldest === undefined) return undefined;
    return this.#readVersion(key, oldest);
  }

  async list(prefix: string): Promise<readonly string[]> {
    return [...(await this.oldest(prefix)).keys()];
  }

  async oldest(prefix: string): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for await (const page of this.#versions(prefix)) {
      // The versions of one key come newest first, so the last one seen is the oldest.
      for (const { Key, VersionId } of page.Versions ?? [])
        if (Key !== undefined && VersionId !== undefined) found.set(Key, VersionId);
    }
    return found;
  }

  async *#versions(prefix: string): AsyncGenerator<ListObjectVersionsCommandOutput> {
    let marker: { KeyMarker: string; VersionIdMarker?: string } | undefined;
    do {
      const page: ListObjectVersionsCommandOutput = await this.#s3
        .send(new ListObjectVersionsCommand({ Bucket: this.#bucket, Prefix: prefix, ...marker }))
        .catch((error: unknown) => {
          throw vaultProblem(error, this.#bucket, 'read');
        });
      yield page;
      marker = nextMarker(page);
    } while (marker);
  }

  async #readVersion(key: string, versionId: string): Promise<Json> {
    const text = await this.#clock
      .whileBusy(async () => {
        const object = await this.#s3.send(
          new GetObjectCommand({ Bucket: this.#bucket, Key: key, VersionId: versionId }),
        );
        return (await object.Body?.transformToString()) ?? '';
      })
      .catch((error: unknown) => {
        throw vaultProblem(error, this.#bucket, 'read');
      });
    try {
      return JSON.parse(text) as Json; // Sound: JSON.parse yields nothing but Json.
    } catch (error) {
      throw new UnreadableDocumentError(key, `s3://${this.#bucket}/${key} is not JSON`, error);
    }
  }
}

function nextMarker(page: ListObjectVersionsCommandOutput) {
  if (!page.IsTruncated) return undefined;
  if (page.NextKeyMarker === undefined) {
    // Taken for the last page, it could hide a hold, or a whole backup.
    throw failedError(
      `the listing of the vault bucket ${page.Name ?? ''} breaks off: S3 says that there is more and not where`,
      'run the same command again',
    );
  }
  return {
    KeyMarker: page.NextKeyMarker,
    ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
  };
}

function lastKey(page: ListObjectVersionsCommandOutput): string {
  const versions = page.Versions?.at(-1)?.Key ?? '';
  const markers = page.DeleteMarkers?.at(-1)?.Key ?? '';
  return [versions, markers].sort().at(-1) ?? '';
}
