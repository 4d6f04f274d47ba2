import type {
  DescribeSnapshotAttributeRequest,
  DescribeSnapshotAttributeResult,
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue } from '../errors.ts';
import { compileFilters, type FilterTable, matchingNothing } from '../filters.ts';
import { findAll, findOne, kinds } from '../ids.ts';
import type { SnapshotRecord } from '../model/records.ts';
import { type Ec2Shared, isVisible, type RegionState } from '../model/region.ts';
import { snapshotPercent, snapshotState } from '../model/snapshots.ts';
import { paginate, refuseIdsWithPages } from '../pages.ts';
import { viewSnapshot } from '../views.ts';

/** DescribeSnapshots and DescribeSnapshotAttribute. */
export function describeSnapshotRoutes(shared: Ec2Shared) {
  const DescribeSnapshots: Handler<DescribeSnapshotsRequest, DescribeSnapshotsResult> = (input, request) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    refuseIdsWithPages(input.SnapshotIds, input.MaxResults, 'snapshotSet');
    const matches = compileFilters(input.Filters, snapshotFilters(now), (snapshot) => snapshot.tags);
    const shown = shownBy(input, caller.account);
    const both = (snapshot: SnapshotRecord) => shown(snapshot) && matches(snapshot);
    const page = paginate(select(region, input.SnapshotIds, caller.account, now, both), {
      // "If this value is larger than 1,000, only 1,000 results are returned."
      maxResults: input.MaxResults === undefined ? undefined : Math.min(1000, input.MaxResults),
      nextToken: input.NextToken,
      scope: 'DescribeSnapshots',
    });
    endDryRun(input.DryRun);
    return {
      Snapshots: page.items.map((snapshot) => viewSnapshot(snapshot, now)),
      NextToken: page.nextToken,
    };
  };

  const DescribeSnapshotAttribute: Handler<
    DescribeSnapshotAttributeRequest,
    DescribeSnapshotAttributeResult
  > = (input, request) => {
    const region = shared.region(request.region);
    const snapshot = findOne(
      kinds.snapshot,
      input.SnapshotId ?? '',
      ownSnapshotLookup(region, request.caller.account, request.now),
    );
    endDryRun(input.DryRun);
    if (input.Attribute === 'createVolumePermission')
      return {
        SnapshotId: snapshot.id,
        CreateVolumePermissions: [...snapshot.sharedWith].map((account) =>
          account === 'all' ? { Group: 'all' as const } : { UserId: account },
        ),
      };
    if (input.Attribute === 'productCodes') return { SnapshotId: snapshot.id, ProductCodes: [] };
    throw invalidValue(
      `Value (${input.Attribute ?? ''}) for parameter attribute is invalid. Unknown attribute.`,
    );
  };

  return { DescribeSnapshots, DescribeSnapshotAttribute };
}

const isShownTo = (snapshot: SnapshotRecord, account: string): boolean =>
  snapshot.owner === account || snapshot.sharedWith.has(account) || snapshot.sharedWith.has('all');

/** A snapshot that an image brings exists a little after the call. */
const exists = (snapshot: SnapshotRecord, now: number): boolean =>
  isVisible(snapshot, now) && snapshotState(snapshot, now) !== undefined;

/** For actions on one snapshot that only its owner may do. */
export const ownSnapshotLookup =
  (region: RegionState, account: string, now: number) =>
  (id: string): SnapshotRecord | undefined => {
    const snapshot = region.snapshots.get(id);
    if (!snapshot || !isShownTo(snapshot, account) || snapshotState(snapshot, now) === undefined)
      return undefined;
    if (snapshot.owner !== account) throw ec2Error('AuthFailure', `Not authorized for snapshot:${id}`);
    return snapshot;
  };

/** For actions that read a snapshot, which may be a shared one. */
export const readableSnapshotLookup =
  (region: RegionState, account: string, now: number) =>
  (id: string): SnapshotRecord | undefined => {
    const snapshot = region.snapshots.get(id);
    return snapshot && isShownTo(snapshot, account) && snapshotState(snapshot, now) !== undefined
      ? snapshot
      : undefined;
  };

function* select(
  region: RegionState,
  ids: readonly string[] | undefined,
  account: string,
  now: number,
  matches: (snapshot: SnapshotRecord) => boolean,
): Generator<SnapshotRecord> {
  if (ids && ids.length > 0) {
    const find = (id: string) => {
      const snapshot = region.snapshots.get(id);
      return snapshot && exists(snapshot, now) && isShownTo(snapshot, account) ? snapshot : undefined;
    };
    const found = findAll(kinds.snapshot, ids, find);
    for (const snapshot of found.sort((a, b) => a.order - b.order)) if (matches(snapshot)) yield snapshot;
    return;
  }
  for (const snapshot of region.snapshots.values())
    if (exists(snapshot, now) && isShownTo(snapshot, account) && matches(snapshot)) yield snapshot;
}

function shownBy(input: DescribeSnapshotsRequest, account: string): (snapshot: SnapshotRecord) => boolean {
  const owners = input.OwnerIds?.length
    ? input.OwnerIds.map((owner) => (owner === 'self' ? account : owner))
    : undefined;
  for (const owner of owners ?? [])
    if (!/^(\d{12}|amazon)$/.test(owner))
      throw ec2Error('InvalidUserID.Malformed', `Invalid user id: "${owner}"`);
  const users = input.RestorableByUserIds?.length ? input.RestorableByUserIds : undefined;
  return (snapshot) => {
    if (owners && !owners.includes(snapshot.owner)) return false;
    if (!users) return true;
    return users.some((user) => {
      if (user === 'all') return snapshot.sharedWith.has('all');
      const id = user === 'self' ? account : user;
      return snapshot.owner === id || snapshot.sharedWith.has(id);
    });
  };
}

function snapshotFilters(now: number): FilterTable<SnapshotRecord> {
  return {
    ...matchingNothing('transfer-type'),
    description: (snapshot) => snapshot.description,
    encrypted: (snapshot) => snapshot.encrypted,
    'owner-alias': () => undefined,
    'owner-id': (snapshot) => snapshot.owner,
    progress: (snapshot) => `${snapshotPercent(snapshot, now)}%`,
    'snapshot-id': (snapshot) => snapshot.id,
    'start-time': (snapshot) => new Date(snapshot.startsAt).toISOString(),
    status: (snapshot) => snapshotState(snapshot, now),
    'storage-tier': () => 'standard',
    'volume-id': (snapshot) => snapshot.volumeId,
    'volume-size': (snapshot) => snapshot.sizeGiB,
  };
}
