import type { CallerIdentity, RequestContext } from '../../service.ts';
import type { World } from '../../world.ts';
import { accessDenied, invalidArgument, noSuchBucket, permanentRedirect } from './errors.ts';
import type { BucketRecord, History, Version } from './model.ts';
import { SortedKeys } from './sorted-keys.ts';

/** How conditional writes race in this sandbox; a test may change it at any time. */
export interface ConflictSwitches {
  /** How long a conditional write is under way, in real milliseconds. 0 still lets simultaneous requests meet. */
  conditionalWriteMilliseconds: number;
  /** So many of the next conditional writes answer `ConditionalRequestConflict` although nothing is in their way. */
  conflicts: number;
}

/** All buckets of the sandbox: their names are one namespace over accounts and Regions. */
export class S3State {
  readonly buckets = new Map<string, BucketRecord>();
  readonly switches: ConflictSwitches = { conditionalWriteMilliseconds: 0, conflicts: 0 };
  /** `<bucket>/<key>` of conditional writes that have begun and not ended. */
  readonly #writing = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * The bucket that a request may work on: there, of the caller's account, of the owner that the request
   * expects, in the Region that the request was signed for.
   */
  bucket(
    input: { readonly Bucket: string; readonly ExpectedBucketOwner?: string | undefined },
    request: RequestContext,
  ): BucketRecord {
    const bucket = this.buckets.get(input.Bucket);
    if (!bucket) throw noSuchBucket(input.Bucket);
    this.checkOwner(bucket, request.caller, input.ExpectedBucketOwner);
    if (bucket.region !== request.region) throw permanentRedirect(bucket.name, bucket.region);
    return bucket;
  }

  checkOwner(bucket: BucketRecord, caller: CallerIdentity, expected: string | undefined): void {
    if (bucket.account !== caller.account) throw accessDenied();
    if (expected !== undefined && expected !== bucket.account) throw accessDenied();
  }

  create(name: string, region: string, account: string): BucketRecord {
    const bucket: BucketRecord = {
      name,
      region,
      account,
      createdAt: this.timestamp(this.#world.now()),
      versioning: undefined,
      objectLock: false,
      defaultRetention: undefined,
      policy: undefined,
      // Since 2023 every new bucket encrypts with SSE-S3 and blocks public access ("Default settings for new buckets").
      encryption: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      publicAccessBlock: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
      tags: undefined,
      keys: new SortedKeys<History>(),
      uploads: new Map(),
    };
    this.buckets.set(name, bucket);
    return bucket;
  }

  /** S3 keeps times of objects in whole seconds. */
  timestamp(now: number): number {
    return Math.floor(now / 1000) * 1000;
  }

  newVersionId(bucket: BucketRecord): string {
    return bucket.versioning === 'Enabled' ? this.token(32) : 'null';
  }

  token(length: number): string {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._';
    return Array.from({ length }, () => letters[this.#world.random.integer(letters.length)]).join('');
  }

  /** Puts a version on top of a key's history; a null version takes the place of an older null version. */
  push(bucket: BucketRecord, key: string, version: Version): void {
    const history = bucket.keys.get(key) ?? [];
    const replaced = version.versionId === 'null' ? history.findIndex((old) => old.versionId === 'null') : -1;
    if (replaced >= 0) history.splice(replaced, 1);
    history.push(version);
    bucket.keys.set(key, history);
  }

  remove(bucket: BucketRecord, key: string, versionId: string): void {
    const history = bucket.keys.get(key);
    const at = history?.findIndex((version) => version.versionId === versionId) ?? -1;
    if (!history || at < 0) return;
    history.splice(at, 1);
    if (history.length === 0) bucket.keys.delete(key);
  }

  /** False when another conditional write of the key is under way, or a test asked for a conflict. */
  beginConditionalWrite(bucket: BucketRecord, key: string): boolean {
    if (this.switches.conflicts > 0) {
      this.switches.conflicts--;
      return false;
    }
    const name = `${bucket.name}/${key}`;
    if (this.#writing.has(name)) return false;
    this.#writing.add(name);
    return true;
  }

  endConditionalWrite(bucket: BucketRecord, key: string): void {
    this.#writing.delete(`${bucket.name}/${key}`);
  }
}

/** Refuses version ids that S3 could not have issued; `null` names the version of the time before versioning. */
export function checkVersionId(versionId: string | undefined): void {
  if (versionId === undefined || versionId === 'null') return;
  if (versionId === '') {
    throw invalidArgument('Version id cannot be the empty string', 'versionId', versionId);
  }
  if (!/^[A-Za-z0-9._]{32}$/.test(versionId)) {
    throw invalidArgument('Invalid version id specified', 'versionId', versionId);
  }
}
