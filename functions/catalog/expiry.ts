import type { Plan } from '../plan/config.ts';
import { nextRuns } from '../plan/schedule.ts';
import { type Expiry, expiries } from '../retention/expiry.ts';
import { zoneOf } from '../retention/zone.ts';
import { sourceKey } from '../shared/source.ts';
import type { RecoveryPoint } from './documents.ts';
import type { BackupHistory, PlanHistory } from './history.ts';

/** `held`: no rotation removes it while the hold stands. */
export type BackupExpiry = Expiry | { readonly kind: 'held' };

interface Thing {
  readonly id: string;
  /** Epoch milliseconds of the slot. */
  readonly time: number;
  readonly backup: BackupHistory;
}

/** Runs are reckoned in portions: most questions are answered by the first few. */
const portion = 64;

/**
 * When the policy lets each sealed backup go, if runs continue on schedule, every one succeeds and a rotation follows:
 * when the last of its recovery points goes, and never before locks of ours have ended. By the ledger alone; a backup
 * without anything that could go is left out.
 */
export function backupExpiries(history: PlanHistory, plan: Plan, now: number): Map<string, BackupExpiry> {
  const reckoner = new Reckoner(plan, now, history);
  const things = plan.application === undefined ? reckoner.points() : reckoner.backups();
  const answers = new Map<string, BackupExpiry>();
  for (const [{ backup }, expiry] of things) {
    const known = answers.get(backup.backupId);
    if (backup.hold) answers.set(backup.backupId, { kind: 'held' });
    else if (known === undefined || moment(expiry) > moment(known)) answers.set(backup.backupId, expiry);
  }
  for (const backup of history.backups) {
    const expiry = answers.get(backup.backupId);
    const end = lockEnd(backup);
    if (expiry !== undefined && end > now && end > moment(expiry))
      answers.set(backup.backupId, { kind: 'at', time: end });
  }
  return answers;
}

/** When the locks of a backup end that were set before it was sealed, in epoch milliseconds; 0 without locks. */
function lockEnd({ manifest }: BackupHistory): number {
  const days = manifest?.protection?.lock?.days;
  if (manifest === undefined || days === undefined) return 0;
  const isLocked = (point: RecoveryPoint) =>
    point.status === 'available' && point.snapshots.length > 0 && point.unprotected === undefined;
  return manifest.recovery_points.some(isLocked) ? Date.parse(manifest.completed_at) + days * day : 0;
}

const day = 86_400_000;

class Reckoner {
  readonly #plan: Plan;
  readonly #now: number;
  readonly #sealed: readonly BackupHistory[];
  readonly #forgotten: ReadonlySet<string>;
  /** Sources of the newest sealed backup: the others get no further copies. */
  readonly #continued: ReadonlySet<string>;
  /** Answers by timeline: the sources of a fleet mostly have the same one, and each simulation may take a second. */
  readonly #reckoned = new Map<string, readonly Expiry[]>();
  readonly #runsByAnchor = new Map<number, Iterable<number>>();

  constructor(plan: Plan, now: number, { backups, forgets }: PlanHistory) {
    this.#plan = plan;
    this.#now = now;
    this.#sealed = backups.filter(({ manifest, nothingLeft }) => manifest !== undefined && !nothingLeft);
    this.#forgotten = new Set(forgets.flatMap((forget) => forget.recovery_points.map(({ id }) => id)));
    const [newest] = backups.filter(({ manifest }) => manifest !== undefined);
    this.#continued = new Set(newest?.manifest?.recovery_points.map(({ source }) => sourceKey(source)));
  }

  /** A plan with an application: one group of complete backups. */
  backups(): Map<Thing, Expiry> {
    const things = this.#sealed.map((backup) => ({ id: backup.backupId, time: backup.slot, backup }));
    const complete = things.filter(
      ({ backup: { manifest, removed } }) => manifest?.status === 'completed' && removed.size === 0,
    );
    return this.#group(things, complete, true);
  }

  /** A plan without one: each source is a group of its available points. */
  points(): Map<Thing, Expiry> {
    const groups = new Map<string, { all: Thing[]; available: Thing[] }>();
    const answers = new Map<Thing, Expiry>();
    for (const backup of this.#sealed) {
      for (const point of backup.manifest?.recovery_points ?? []) {
        if (point.id === undefined || backup.removed.has(point.id)) continue;
        const thing = { id: backup.backupId, time: backup.slot, backup };
        if (this.#forgotten.has(point.id)) {
          answers.set(thing, { kind: 'now' });
          continue;
        }
        const key = sourceKey(point.source);
        const group = groups.get(key) ?? { all: [], available: [] };
        groups.set(key, group);
        group.all.push(thing);
        if (point.status === 'available') group.available.push(thing);
      }
    }
    for (const [key, { all, available }] of groups)
      for (const [thing, expiry] of this.#group(all, available, this.#continued.has(key)))
        answers.set(thing, expiry);
    return answers;
  }

  #group(all: readonly Thing[], complete: readonly Thing[], continued: boolean): Map<Thing, Expiry> {
    const counts = new Set(complete);
    const timeline = all.map((thing) => `${thing.time}${counts.has(thing) ? '' : ' incomplete'}`);
    const key = [continued, ...timeline].join();
    const reckoned = this.#reckoned.get(key) ?? this.#reckon(all, complete, continued);
    this.#reckoned.set(key, reckoned);
    return new Map(all.flatMap((thing, place) => (reckoned[place] ? [[thing, reckoned[place]]] : [])));
  }

  /** In the order of `all`. */
  #reckon(all: readonly Thing[], complete: readonly Thing[], continued: boolean): Expiry[] {
    const { retention, schedule } = this.#plan;
    const runs = continued ? this.#runsFrom(complete[0]?.time ?? this.#now) : [];
    const answers = expiries<Thing>({
      points: complete,
      policy: retention,
      timezone: schedule.timezone,
      now: this.#now,
      runs,
    });
    return all.map((thing) => answers.get(thing) ?? this.#incomplete(thing, complete, runs));
  }

  /** Goes when a newer complete one is `partialKeep` old: at the first rotation after that. */
  #incomplete({ time }: Thing, complete: readonly Thing[], runs: Iterable<number>): Expiry {
    const zone = zoneOf(this.#plan.schedule.timezone);
    const reached = (moment: number) => zone.before(moment, this.#plan.retention.partialKeep);
    let newer = Math.min(...complete.filter((other) => other.time > time).map((other) => other.time));
    if (newer <= reached(this.#now)) return { kind: 'now' };
    let looked = 0;
    for (const run of runs) {
      newer = Math.min(newer, run);
      if (newer <= reached(run)) return { kind: 'at', time: run };
      looked += 1;
      if (looked === incompleteRunLimit) return { kind: 'beyond', time: run };
    }
    return { kind: 'never' };
  }

  /** The coming runs; those of a rate count on from the newest backup. Each is reckoned once, however often it is read. */
  #runsFrom(anchor: number): Iterable<number> {
    const runs = this.#runsByAnchor.get(anchor) ?? remembered(this.#runs(anchor));
    this.#runsByAnchor.set(anchor, runs);
    return runs;
  }

  *#runs(anchor: number): Generator<number> {
    let after = this.#now;
    for (;;) {
      const next = nextRuns(this.#plan.schedule, { after, count: portion, anchor });
      yield* next;
      const last = next.at(-1);
      if (last === undefined || next.length < portion) return;
      after = last;
    }
  }
}

/** May be read from its beginning any number of times; `source` is drawn on as far as anybody has read. */
function remembered(source: Iterator<number>): Iterable<number> {
  const known: number[] = [];
  return {
    *[Symbol.iterator]() {
      for (let place = 0; ; place += 1) {
        if (place === known.length) {
          const next = source.next();
          if (next.done === true) return;
          known.push(next.value);
        }
        const value = known[place];
        if (value !== undefined) yield value;
      }
    },
  };
}

/** Runs of every minute for about two months. */
const incompleteRunLimit = 100_000;

/** As a number that orders expiries. */
function moment(expiry: BackupExpiry): number {
  switch (expiry.kind) {
    case 'now':
      return 0;
    case 'at':
      return expiry.time;
    default:
      return expiry.kind === 'beyond' ? Number.MAX_SAFE_INTEGER : Number.POSITIVE_INFINITY;
  }
}
