import type { SourceKind } from '../shared/source.ts';
import type { Prices } from './prices.ts';

const day = 86_400_000;

export interface Growth {
  /** Of one source, what is written on it. */
  readonly gib: number;
  /** Share of it that changes in a day, from 0 to 1. */
  readonly dailyChange: number;
}

/**
 * GiB that the copies of one source take, made at `times` (epoch milliseconds, oldest first).
 *
 * EBS and RDS store what has changed since the copy before, so the oldest is a whole one and each further one adds
 * what changed in between; days that change the same blocks again add up to the whole at most ("How Amazon EBS
 * snapshots work"). Aurora charges every manual snapshot that is older than the backup window with the size of the
 * cluster ("Understanding Amazon Aurora backup storage usage").
 */
export function storedGib(kind: SourceKind, times: readonly number[], { gib, dailyChange }: Growth): number {
  if (times.length === 0) return 0;
  if (kind === 'aurora') return times.length * gib;
  const changed = times.slice(1).map((time, index) => {
    const days = (time - (times[index] ?? time)) / day;
    return 1 - (1 - dailyChange) ** days;
  });
  return gib * (1 + changed.reduce((sum, share) => sum + share, 0));
}

export const gibMonthPrice = (kind: SourceKind, prices: Prices): number =>
  ({
    ec2: prices.ebsSnapshotGibMonth,
    rds: prices.rdsBackupGibMonth,
    aurora: prices.auroraBackupGibMonth,
  })[kind];
