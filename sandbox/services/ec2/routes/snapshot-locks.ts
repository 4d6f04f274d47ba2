import type {
  DescribeLockedSnapshotsRequest,
  DescribeLockedSnapshotsResult,
  LockedSnapshotsInfo,
  LockSnapshotRequest,
  LockSnapshotResult,
  UnlockSnapshotRequest,
  UnlockSnapshotResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, invalidValue } from '../errors.ts';
import { compileFilters } from '../filters.ts';
import { findAll, findOne, kinds } from '../ids.ts';
import type { SnapshotLock, SnapshotRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy } from '../model/region.ts';
import { lockState, snapshotState } from '../model/snapshots.ts';
import { paginate } from '../pages.ts';
import { ownSnapshotLookup } from './describe-snapshots.ts';

const day = 86_400_000;
const hour = 3_600_000;

/** LockSnapshot, UnlockSnapshot and DescribeLockedSnapshots. */
export function snapshotLockRoutes(shared: Ec2Shared) {
  const find = (regionName: string, id: string | undefined, account: string, now: number) =>
    findOne(kinds.snapshot, id ?? '', ownSnapshotLookup(shared.region(regionName), account, now));

  const LockSnapshot: Handler<LockSnapshotRequest, LockSnapshotResult> = (input, request) => {
    const { now } = request;
    const snapshot = find(request.region, input.SnapshotId, request.caller.account, now);
    if (snapshotState(snapshot, now) === 'error')
      throw ec2Error('IncorrectState', `The snapshot ${snapshot.id} is in the error state.`);
    const lock = plannedLock(snapshot, input, now);
    checkReplaceable(snapshot, lock, now);
    endDryRun(input.DryRun);
    snapshot.lock = lock;
    const {
      SnapshotId,
      LockState,
      LockDuration,
      CoolOffPeriod,
      CoolOffPeriodExpiresOn,
      LockCreatedOn,
      LockExpiresOn,
      LockDurationStartTime,
    } = viewLock(snapshot, lock, now);
    return {
      SnapshotId,
      LockState,
      LockDuration,
      CoolOffPeriod,
      CoolOffPeriodExpiresOn,
      LockCreatedOn,
      LockExpiresOn,
      LockDurationStartTime,
    };
  };

  const UnlockSnapshot: Handler<UnlockSnapshotRequest, UnlockSnapshotResult> = (input, request) => {
    const snapshot = find(request.region, input.SnapshotId, request.caller.account, request.now);
    const state = lockState(snapshot, request.now);
    if (state === undefined || state === 'expired')
      throw ec2Error('IncorrectState', `The snapshot ${snapshot.id} is not locked.`);
    if (state === 'compliance')
      throw ec2Error('OperationNotPermitted', `The snapshot ${snapshot.id} is locked in compliance mode.`);
    endDryRun(input.DryRun);
    snapshot.lock = undefined;
    return { SnapshotId: snapshot.id };
  };

  const DescribeLockedSnapshots: Handler<DescribeLockedSnapshotsRequest, DescribeLockedSnapshotsResult> = (
    input,
    request,
  ) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    const matches = compileFilters<SnapshotRecord>(input.Filters, {
      'lock-state': (snapshot) => lockState(snapshot, now),
    });
    const candidates = input.SnapshotIds?.length
      ? findAll(kinds.snapshot, input.SnapshotIds, ownSnapshotLookup(region, caller.account, now)).sort(
          (a, b) => a.order - b.order,
        )
      : [...ownedBy(region.snapshots, caller.account, now)];
    const page = paginate(
      candidates.filter((snapshot) => lockState(snapshot, now) !== undefined && matches(snapshot)),
      {
        maxResults: input.MaxResults,
        nextToken: input.NextToken,
        scope: 'DescribeLockedSnapshots',
      },
    );
    endDryRun(input.DryRun);
    return {
      Snapshots: page.items.flatMap((snapshot) =>
        snapshot.lock ? viewLock(snapshot, snapshot.lock, now) : [],
      ),
      NextToken: page.nextToken,
    };
  };

  return { LockSnapshot, UnlockSnapshot, DescribeLockedSnapshots };
}

function plannedLock(snapshot: SnapshotRecord, input: LockSnapshotRequest, now: number): SnapshotLock {
  const mode = input.LockMode;
  if (mode !== 'governance' && mode !== 'compliance')
    throw invalidValue(`Value (${mode ?? ''}) for parameter lockMode is invalid.`);
  const { LockDuration, ExpirationDate, CoolOffPeriod } = input;
  if ((LockDuration === undefined) === (ExpirationDate === undefined))
    throw invalidCombination('Specify either the lock duration or the expiration date.');
  if (LockDuration !== undefined && !(LockDuration >= 1 && LockDuration <= 36_500))
    throw invalidValue('The lock duration must be between 1 and 36500 days.');
  if (CoolOffPeriod !== undefined && mode === 'governance')
    throw invalidCombination('A cooling-off period can be specified in compliance mode only.');
  if (CoolOffPeriod !== undefined && !(CoolOffPeriod >= 1 && CoolOffPeriod <= 72))
    throw invalidValue('The cooling-off period must be between 1 and 72 hours.');
  if (ExpirationDate !== undefined && ExpirationDate.getTime() - now < day)
    throw invalidValue('The expiration date must be at least one day in the future.');
  // "If you lock a snapshot that is in the pending state, the lock duration starts only once the snapshot completes."
  const startsAt = snapshotState(snapshot, now) === 'pending' ? snapshot.endsAt : now;
  const expiresAt = ExpirationDate?.getTime() ?? startsAt + (LockDuration ?? 0) * day;
  return {
    mode,
    durationDays: LockDuration ?? Math.ceil((expiresAt - startsAt) / day),
    createdAt: snapshot.lock && lockState(snapshot, now) !== 'expired' ? snapshot.lock.createdAt : now,
    startsAt,
    expiresAt,
    coolOffHours: CoolOffPeriod,
    coolOffUntil: CoolOffPeriod === undefined ? undefined : now + CoolOffPeriod * hour,
  };
}

/** A compliance lock whose cooling-off is over can only be extended. */
function checkReplaceable(snapshot: SnapshotRecord, lock: SnapshotLock, now: number): void {
  if (lockState(snapshot, now) !== 'compliance' || !snapshot.lock) return;
  if (
    lock.mode !== 'compliance' ||
    lock.coolOffHours !== undefined ||
    lock.expiresAt < snapshot.lock.expiresAt
  )
    throw ec2Error(
      'OperationNotPermitted',
      `The snapshot ${snapshot.id} is locked in compliance mode; its lock can only be extended.`,
    );
}

function viewLock(snapshot: SnapshotRecord, lock: SnapshotLock, now: number): LockedSnapshotsInfo {
  const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at));
  return {
    OwnerId: snapshot.owner,
    SnapshotId: snapshot.id,
    LockState: lockState(snapshot, now),
    LockDuration: lock.durationDays,
    CoolOffPeriod: lock.coolOffHours,
    CoolOffPeriodExpiresOn: time(lock.coolOffUntil),
    LockCreatedOn: time(lock.createdAt),
    LockDurationStartTime: time(lock.startsAt),
    LockExpiresOn: time(lock.expiresAt),
  };
}
