import { copyName, tagKeys } from '../shared/names.ts';
import { type SourceKind, type SourceRef, sourceKey } from '../shared/source.ts';
import type { Intent, Manifest, RecoveryPoint } from './documents.ts';
import type { BackupHistory, PlanHistory } from './history.ts';
import type { LiveCopy, StraySnapshot } from './live.ts';
import { type Expected, ownershipProblem } from './ownership.ts';
import type { Hold } from './rotation-documents.ts';

/**
 * Where a recovery point of the ledger stands in the account.
 * `present`: its copy is there and everything agrees. `altered`: a copy of this ID is there and something differs.
 * `damaged`: gone, without a deletion intent of ours. `removed`: gone by a rotation. `nothing`: it failed and left
 * nothing. `unseen`: sealed while the account was being listed, so its absence says nothing.
 */
export type PointState =
  | { readonly at: 'present'; readonly live: LiveCopy }
  | { readonly at: 'altered'; readonly problem: string }
  | { readonly at: 'damaged' | 'removed' | 'nothing' | 'unseen' };

export interface CatalogPoint {
  readonly backupId: string;
  /** Epoch milliseconds. */
  readonly slot: number;
  readonly source: SourceRef;
  /** `<kind>/<id>` */
  readonly sourceKey: string;
  /** What the ledger says; a failed point may have left a copy. */
  readonly recorded: RecoveryPoint;
  /** Copy ID; undefined for a failed point that has none. */
  readonly id: string | undefined;
  /** Of the ledger and of the live copy. */
  readonly snapshots: readonly string[];
  readonly state: PointState;
  /** Its snapshots that no AMI refers to any more. */
  readonly strays: readonly StraySnapshot[];
  /** A deletion intent without a result names it. */
  readonly begun: string | undefined;
}

export interface CatalogBackup {
  readonly backupId: string;
  readonly slot: number;
  readonly manifest: Manifest;
  readonly hold: Hold | undefined;
  readonly points: readonly CatalogPoint[];
  /** Copies that carry names of this backup and that its manifest does not name: earlier attempts. */
  readonly attempts: readonly LiveCopy[];
  /** Snapshots of such copies that a rotation which died has deregistered. */
  readonly attemptStrays: readonly {
    readonly stray: StraySnapshot;
    readonly run: string;
    readonly sourceKey: string;
  }[];
}

export interface ForeignResource {
  readonly kind: SourceKind;
  readonly id: string;
  readonly reason: string;
}

/** The ledger of one plan joined with the live resources. */
export interface Catalog {
  readonly plan: string;
  /** Sealed backups, newest slot first. */
  readonly backups: readonly CatalogBackup[];
  /** Begun and not sealed. */
  readonly unsealed: readonly Intent[];
  readonly foreign: readonly ForeignResource[];
}

export interface LiveResources {
  /** With the deployment's tag. */
  readonly copies: readonly LiveCopy[];
  readonly strays: readonly StraySnapshot[];
  /** Asked for by ID, since the ledger names them and the tag did not bring them. */
  readonly untagged: readonly LiveCopy[];
  /** Epoch milliseconds, when the listing began. */
  readonly listedAt: number;
}

export interface JoinQuestion {
  readonly deployment: string;
  readonly account: string;
  readonly history: PlanHistory;
  readonly live: LiveResources;
  /** Plans that some configuration or ledger answers for; a copy tagged with another one is foreign to all. */
  readonly plans: readonly string[];
}

/** Names have one digit for the attempt. */
const attemptLimit = 9;

/** IDs of the ledger that the listing must show, unless something happened to them; ask the drivers for those it lacks. */
export function namedCopies(history: PlanHistory): Map<string, SourceKind> {
  const named = new Map<string, SourceKind>();
  for (const { manifest, removed } of history.backups)
    for (const point of manifest?.recovery_points ?? [])
      if (point.id !== undefined && !removed.has(point.id)) named.set(point.id, point.source.kind);
  return named;
}

/** Joins what the ledger says with what is there. Pure; the listing must have been made before the ledger was read. */
export function joinCatalog(question: JoinQuestion): Catalog {
  const { history, deployment } = question;
  const join = new Join(question);
  const backups = history.backups.flatMap((backup) =>
    backup.manifest?.deployment === deployment ? [join.backup(backup, backup.manifest)] : [],
  );
  const unsealed = history.backups.flatMap(({ intent }) =>
    intent?.deployment === deployment ? [intent] : [],
  );
  return { plan: history.plan, backups, unsealed, foreign: join.foreign(unsealed) };
}

class Join {
  readonly #question: JoinQuestion;
  readonly #copies: ReadonlyMap<string, LiveCopy>;
  readonly #strays: ReadonlyMap<string, StraySnapshot>;
  readonly #copiesByName: ReadonlyMap<string, LiveCopy>;
  /** Run of the unfinished rotation that names an ID for removal. */
  readonly #begun = new Map<string, string>();
  readonly #begunSnapshots = new Map<string, { run: string; backupId: string; sourceKey: string }>();
  /** Live resources that some ledger entry answers for. */
  readonly #known = new Set<string>();

  constructor(question: JoinQuestion) {
    this.#question = question;
    const { copies, strays, untagged } = question.live;
    this.#copies = new Map([...untagged, ...copies].map((copy) => [copy.id, copy]));
    this.#copiesByName = new Map(copies.map((copy) => [`${copy.kind}/${copy.name}`, copy]));
    this.#strays = new Map(strays.map((stray) => [stray.id, stray]));
    for (const { run, decisions } of question.history.unfinished) {
      for (const { id, decision, subject, snapshots, backup_id, source } of decisions) {
        if (decision !== 'remove') continue;
        this.#begun.set(id, run);
        const about = { run, backupId: backup_id, sourceKey: source };
        for (const snapshot of subject === 'snapshot' ? [id] : snapshots)
          this.#begunSnapshots.set(snapshot, about);
      }
    }
  }

  backup(history: BackupHistory, manifest: Manifest): CatalogBackup {
    const points = manifest.recovery_points.map((recorded) => this.#point(history, manifest, recorded));
    const attempts = this.#attemptsOf(manifest);
    return {
      backupId: history.backupId,
      slot: history.slot,
      manifest,
      hold: history.hold,
      points,
      attempts,
      attemptStrays: this.#attemptStraysOf(history.backupId),
    };
  }

  #point(history: BackupHistory, manifest: Manifest, recorded: RecoveryPoint): CatalogPoint {
    const { id, source } = recorded;
    const live = id === undefined ? undefined : this.#copies.get(id);
    if (live) this.#known.add(live.id);
    const begun = id === undefined ? undefined : this.#begun.get(id);
    const snapshots = [...new Set([...(recorded.snapshots ?? []), ...(live?.snapshots ?? [])])];
    const strays = live ? [] : this.#take(snapshots);
    return {
      backupId: history.backupId,
      slot: history.slot,
      source,
      sourceKey: sourceKey(source),
      recorded,
      id,
      snapshots,
      state: this.#stateOf(history, manifest, recorded, live, begun !== undefined, strays.length > 0),
      strays,
      begun,
    };
  }

  #stateOf(
    history: BackupHistory,
    manifest: Manifest,
    recorded: RecoveryPoint,
    live: LiveCopy | undefined,
    begun: boolean,
    hasStrays: boolean,
  ): PointState {
    if (live) {
      const problem = ownershipProblem(live, this.#expected(manifest, recorded));
      return problem === undefined ? { at: 'present', live } : { at: 'altered', problem };
    }
    if (recorded.id === undefined) return { at: 'nothing' };
    if (begun || history.removed.has(recorded.id)) return { at: 'removed' };
    // Written in whole seconds, so the second in which the listing began counts as later.
    const sealedBefore =
      Date.parse(manifest.completed_at) < Math.floor(this.#question.live.listedAt / 1000) * 1000;
    if (!sealedBefore && !hasStrays) return { at: 'unseen' };
    return recorded.status === 'failed' && !hasStrays ? { at: 'nothing' } : { at: 'damaged' };
  }

  #expected(manifest: Manifest, { source, ...recorded }: RecoveryPoint): Expected {
    const { deployment, account } = this.#question;
    return {
      account,
      deployment,
      plan: manifest.plan,
      backupId: manifest.backup_id,
      sourceKey: sourceKey(source),
      ...(recorded.status === 'available' ? { createdAt: recorded.created_at } : {}),
    };
  }

  /** Further copies under the names that this backup's attempts have, each agreeing with the ledger in all that it says. */
  #attemptsOf(manifest: Manifest): LiveCopy[] {
    const attempts: LiveCopy[] = [];
    for (const { source } of manifest.recovery_points) {
      for (let attempt = 1; attempt <= attemptLimit; attempt += 1) {
        const name = copyName(manifest.deployment, manifest.plan, source, manifest.slot, attempt);
        const copy = this.#copiesByName.get(`${source.kind}/${name}`);
        if (!copy || this.#known.has(copy.id) || manifest.recovery_points.some(({ id }) => id === copy.id))
          continue;
        const { deployment, account } = this.#question;
        const { plan, backup_id: backupId } = manifest;
        if (ownershipProblem(copy, { account, deployment, plan, backupId, sourceKey: sourceKey(source) }))
          continue;
        this.#known.add(copy.id);
        attempts.push(copy);
      }
    }
    return attempts;
  }

  #attemptStraysOf(backupId: string) {
    return [...this.#begunSnapshots].flatMap(([id, about]) => {
      const stray = about.backupId === backupId && !this.#known.has(id) ? this.#strays.get(id) : undefined;
      if (!stray) return [];
      this.#known.add(id);
      return [{ stray, run: about.run, sourceKey: about.sourceKey }];
    });
  }

  #take(snapshots: readonly string[]): StraySnapshot[] {
    return snapshots.flatMap((id) => {
      const stray = this.#strays.get(id);
      if (stray) this.#known.add(id);
      return stray ?? [];
    });
  }

  /** What claims to be of this plan, or of none that is known, and no entry of this ledger names. */
  foreign(unsealed: readonly Intent[]): ForeignResource[] {
    const { live, history, plans } = this.#question;
    const coming = new Set(unsealed.map(({ backup_id }) => backup_id));
    const isOurs = (tags: LiveCopy['tags']) => {
      const plan = tags[tagKeys.plan];
      return plan === history.plan || plan === undefined || !plans.includes(plan);
    };
    const resources = [
      ...live.copies.map(({ id, kind, tags }) => ({ id, kind, tags })),
      ...live.strays.map(({ id, tags }) => ({ id, kind: 'ec2' as const, tags })),
    ];
    return resources.flatMap(({ id, kind, tags }): ForeignResource[] => {
      const backupId = tags[tagKeys.backupId];
      if (this.#known.has(id) || !isOurs(tags) || (backupId !== undefined && coming.has(backupId))) return [];
      return [
        {
          kind,
          id,
          reason: `its tags say that it is of ${this.#question.deployment}, and no entry of the ledger names it`,
        },
      ];
    });
  }
}
