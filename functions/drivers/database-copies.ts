import type { Tag } from '@aws-sdk/client-rds';
import { httpStatus, isCredentialProblem } from '../shared/cloud-errors.ts';
import { describeError, errorCode } from '../shared/errors.ts';
import { copyName, tagKeys } from '../shared/names.ts';
import { sourceKey } from '../shared/source.ts';
import { readinessOf } from './database-states.ts';
import type { PollOutcome, PollRequest, StartedCopy, StartOutcome, StartRequest } from './driver.ts';

/** A DB snapshot or a DB cluster snapshot, as far as both are alike. */
export interface DatabaseCopy {
  readonly name: string;
  readonly account: string | undefined;
  readonly status: string;
  readonly sourceId: string | undefined;
  readonly sourceResourceId: string | undefined;
  readonly tags: readonly Tag[];
  readonly percent: number | undefined;
  readonly allocatedGib: number;
  /** Absent until RDS has begun. */
  readonly createdAt: Date | undefined;
}

/** The calls of one of the two snapshot families; methods throw what the client throws. */
export interface DatabaseCopies {
  /** `manual DB snapshots`: what the quota counts. */
  readonly noun: string;
  create(sourceId: string, name: string, tags: Tag[]): Promise<void>;
  /** The caller's own manual snapshots: those of `names`, or all of them. */
  list(names?: readonly string[]): Promise<DatabaseCopy[]>;
  /** Status of the instance or cluster; undefined when it is not there. */
  sourceStatus(sourceId: string): Promise<string | undefined>;
  /** The account that the copies must belong to. */
  account(): Promise<string>;
}

const gibibyte = 2 ** 30;

/** The API documents no limit of values per filter; this many have been safe, and beyond it a sweep costs little. */
const filterValueLimit = 20;

export const ownershipTags = (request: StartRequest): Tag[] => [
  { Key: tagKeys.managed, Value: request.deployment },
  { Key: tagKeys.plan, Value: request.plan },
  { Key: tagKeys.backupId, Value: request.backupId },
  { Key: tagKeys.source, Value: sourceKey(request.source) },
  { Key: tagKeys.slot, Value: request.slot },
];

/** The account of an RDS ARN. */
export const accountOfArn = (arn: string | undefined): string | undefined => arn?.split(':')[4];

export async function startDatabaseCopy(
  copies: DatabaseCopies,
  request: StartRequest,
): Promise<StartOutcome> {
  const name = copyName(request.deployment, request.plan, request.source, request.slot, request.attempt);
  try {
    await copies.create(request.source.id, name, ownershipTags(request));
    return { state: 'started', id: name, name };
  } catch (error) {
    const status = httpStatus(error);
    // Broken connections and bad credentials say nothing about this source.
    if (isCredentialProblem(error) || status === undefined) throw error;
    return await outcomeOf(copies, request, name, error, status);
  }
}

/** The client names modelled errors after their shapes, which end in Fault where the wire code may not. */
const codeOf = (error: unknown): string => (errorCode(error) ?? '').replace(/Fault$/, '');

const throttleCodes = new Set([
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'RequestThrottled',
]);

async function outcomeOf(
  copies: DatabaseCopies,
  request: StartRequest,
  name: string,
  error: unknown,
  status: number,
): Promise<StartOutcome> {
  const code = codeOf(error);
  switch (code) {
    case 'DBSnapshotAlreadyExists':
    case 'DBClusterSnapshotAlreadyExists': {
      const existing = await find(copies, name);
      if (existing) return await judge(copies, request, existing);
      return { state: 'wait', reason: `a snapshot named ${name} exists but is not shown yet` };
    }
    case 'InvalidDBInstanceState':
    case 'InvalidDBClusterState': {
      // Our own copy, under way since an answer got lost, is what makes a database busy.
      const existing = await find(copies, name);
      return existing ? await judge(copies, request, existing) : await waitOrFail(copies, request);
    }
    case 'DBInstanceNotFound':
    case 'DBClusterNotFound':
      return {
        state: 'failed',
        reason: `${request.source.id} does not exist any more: deleted since it was found`,
      };
    case 'SnapshotQuotaExceeded':
      return {
        state: 'failed',
        reason:
          `the quota of ${copies.noun} in this Region is used up (${describeError(error)}): ` +
          'delete some or have the quota raised; waiting does not help',
      };
    case 'KMSKeyNotAccessible':
      return {
        state: 'failed',
        reason: `RDS cannot use the KMS key of the database: ${describeError(error)}`,
      };
    default:
      break;
  }
  if (throttleCodes.has(code) || status === 429) {
    return { state: 'wait', reason: describeError(error), blocksOthers: true };
  }
  if (status >= 500) return { state: 'wait', reason: describeError(error) };
  return { state: 'failed', reason: describeError(error) };
}

const find = async (copies: DatabaseCopies, name: string): Promise<DatabaseCopy | undefined> =>
  (await copies.list([name])).find((copy) => copy.name === name);

/** The name is the idempotency key: a copy that has it is ours if everything else about it is, too. */
async function judge(
  copies: DatabaseCopies,
  request: StartRequest,
  copy: DatabaseCopy,
): Promise<StartOutcome> {
  const { name } = copy;
  const stranger = strangeness(request, copy, await copies.account());
  if (stranger !== undefined) {
    return { state: 'failed', reason: `the snapshot name ${name} is taken by one that ${stranger}` };
  }
  switch (copy.status) {
    case 'creating':
    case 'available':
      return { state: 'started', id: name, name };
    case 'failed':
      return { state: 'spoilt', id: name, name, reason: `the snapshot ${name} has failed` };
    default:
      return { state: 'failed', reason: `the snapshot ${name} exists and is in the state ${copy.status}` };
  }
}

function strangeness(request: StartRequest, copy: DatabaseCopy, account: string): string | undefined {
  if (copy.account !== account) return `belongs to the account ${copy.account ?? 'unknown'}`;
  if (copy.sourceId !== request.source.id) return `was made from ${copy.sourceId ?? 'something unknown'}`;
  const resource = request.relaunch.resource_id;
  if (
    typeof resource === 'string' &&
    copy.sourceResourceId !== undefined &&
    copy.sourceResourceId !== resource
  ) {
    return `was made from an earlier database called ${request.source.id} (${copy.sourceResourceId})`;
  }
  const carries = (wanted: Tag) =>
    copy.tags.some(({ Key, Value }) => Key === wanted.Key && Value === wanted.Value);
  return ownershipTags(request).every(carries) ? undefined : 'does not carry the tags of this backup';
}

async function waitOrFail(copies: DatabaseCopies, { source }: StartRequest): Promise<StartOutcome> {
  const status = await copies.sourceStatus(source.id);
  if (status === undefined) {
    return { state: 'failed', reason: `${source.id} does not exist any more: deleted since it was found` };
  }
  const readiness = readinessOf(status);
  return { state: readiness.state === 'busy' ? 'wait' : 'failed', reason: readiness.reason };
}

/** Few copies are asked for by name; many by one sweep over the account's manual snapshots. */
export async function pollDatabaseCopies(
  copies: DatabaseCopies,
  request: PollRequest,
): Promise<PollOutcome[]> {
  if (request.copies.length === 0) return [];
  const names = request.copies.map(({ id }) => id);
  const shown = await copies.list(names.length <= filterValueLimit ? names : undefined);
  const byName = new Map(shown.map((copy) => [copy.name, copy]));
  return request.copies.map((copy) => pollOutcome(request, copy, byName.get(copy.id)));
}

function pollOutcome(request: PollRequest, { id }: StartedCopy, copy: DatabaseCopy | undefined): PollOutcome {
  if (copy === undefined) return { state: 'absent', id };
  switch (copy.status) {
    case 'available':
      return {
        state: 'available',
        id,
        snapshots: [],
        bytes: copy.allocatedGib * gibibyte,
        createdAt: toSeconds(copy.createdAt ?? slotTime(request.backupId)),
      };
    case 'creating':
      return {
        state: 'pending',
        id,
        contentFixed: false,
        ...(copy.percent === undefined ? {} : { percent: copy.percent }),
      };
    default:
      return {
        state: 'failed',
        id,
        snapshots: [],
        reason: `the snapshot ${id} is ${copy.status}; RDS gives no reason, its events may`,
      };
  }
}

/** A backup ID begins with the epoch seconds of its slot: the best guess where a service tells no time. */
const slotTime = (backupId: string): Date => new Date(Number.parseInt(backupId, 10) * 1000);

const toSeconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
