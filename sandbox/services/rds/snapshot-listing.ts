import type { RequestContext } from '../../service.ts';
import { invalidParameterCombination, invalidParameterValue } from './errors.ts';
import { parseArn } from './identifiers.ts';
import { type Holdings, isVisible, ofCaller, type RdsModel, type StoredSnapshot } from './model.ts';
import { findSnapshot, type SnapshotFamily, snapshotNotFound } from './snapshot-family.ts';

export interface ListingRequest {
  readonly SnapshotType?: string | undefined;
  readonly IncludeShared?: boolean | undefined;
  readonly IncludePublic?: boolean | undefined;
}

/**
 * What a Describe of snapshots may show at all, before its filters: by default the caller's own, manual and
 * automated; those of other accounts only on request. A snapshot asked for by name must be there.
 */
export function listed<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  request: RequestContext,
  name: string | undefined,
  options: ListingRequest,
): StoredSnapshot<F>[] {
  const holdings = ofCaller(model, request);
  if (name !== undefined) {
    const stored = parseArn(name)
      ? findSnapshot(model, family, holdings, name)
      : family.store(holdings).get(name.toLowerCase());
    const typeFits = options.SnapshotType === undefined || stored?.type === options.SnapshotType;
    const shared = stored !== undefined && stored.account !== holdings.account;
    if (!stored || !isVisible(stored, request.now) || (!typeFits && !shared)) {
      throw snapshotNotFound(family, name);
    }
    return [stored];
  }
  return candidates(model, family, holdings, options).filter((snapshot) => isVisible(snapshot, request.now));
}

function candidates<F>(
  model: RdsModel,
  family: SnapshotFamily<F>,
  holdings: Holdings,
  options: ListingRequest,
): StoredSnapshot<F>[] {
  const own = (): StoredSnapshot<F>[] => [...family.store(holdings).values()];
  const others = (grantee: string): StoredSnapshot<F>[] =>
    model
      .everyone(holdings.region)
      .filter((other) => other.account !== holdings.account)
      .flatMap((other) => [...family.store(other).values()])
      .filter((snapshot) => snapshot.sharedWith.has(grantee));

  switch (options.SnapshotType) {
    case undefined:
      return [
        ...own(),
        ...(options.IncludeShared ? others(holdings.account) : []),
        ...(options.IncludePublic
          ? others('all').filter((s) => !(options.IncludeShared && s.sharedWith.has(holdings.account)))
          : []),
      ];
    case 'manual':
    case 'automated':
      return own().filter((snapshot) => snapshot.type === options.SnapshotType);
    case 'shared':
      if (options.IncludePublic) throw invalidParameterCombination('IncludePublic does not apply to shared.');
      return others(holdings.account);
    case 'public':
      if (options.IncludeShared) throw invalidParameterCombination('IncludeShared does not apply to public.');
      return [...others('all'), ...own().filter((snapshot) => snapshot.sharedWith.has('all'))];
    case 'awsbackup':
      return [];
    default:
      throw invalidParameterValue(`Invalid snapshot type: ${options.SnapshotType}`);
  }
}
