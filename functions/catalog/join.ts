import { copyNames, tagKeys } from '../shared/names.ts';
import { sourceKey } from '../shared/source.ts';
import type {
  Catalog,
  CatalogBackup,
  CatalogPoint,
  ForeignResource,
  LiveResources,
  PointState,
} from './catalog.ts';
import type { Intent, Manifest, RecoveryPoint } from './documents.ts';
import type { BackupHistory, PlanHistory } from './history.ts';
import type { LiveCopy, StraySnapshot } from './live.ts';
import { type Expected, ownershipProblem } from './ownership.ts';

export interface JoinQuestion {
  readonly deployment: string;
  readonly account: string;
  readonly history: PlanHistory;
  readonly live: LiveResources;
  /** Plans that some configuration or ledger answers for; a copy tagged with another one is foreign to all. */
  readonly plans: readonly string[];
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
  /** Snapshots that a rotation has named for removal and that may be there still. */
  readonly #begunSnapshots = new Map<string, { run: string; backupId: string; sourceKey: string }>();
  /** Live resources that some ledger entry answers for. */
  readonly #known = new Set<string>();

  constructor(question: JoinQuestion) {
    this.#question = question;
    const { copies, strays, untagged } = question.live;
    this.#copies = new Map([...untagged, ...copies].map((copy) => [copy.id, copy]));
    this.#copiesByName = new Map(copies.map((copy) => [`${copy.kind}/${copy.name}`, copy]));
    this.#strays = new Map(strays.map((stray) => [stray.id, stray]));
    for (const { backupId, left } of question.history.backups) {
      for (const { snapshot, source, run } of left)
        this.#begunSnapshots.set(snapshot, { run, backupId, sourceKey: source });
    }
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

  /**
   * Further copies under the names that this backup's attempts have, each agreeing with the ledger in all that it says.
   * One that was made later, or of the snapshots of another copy, is somebody's: they may have made an AMI again of
   * what a lost one left, under its name and with its tags.
   */
  #attemptsOf(manifest: Manifest): LiveCopy[] {
    const attempts: LiveCopy[] = [];
    for (const { source } of manifest.recovery_points) {
      for (const name of copyNames(manifest.deployment, manifest.plan, source, manifest.slot)) {
        const copy = this.#copiesByName.get(`${source.kind}/${name}`);
        if (!copy || this.#known.has(copy.id) || !isOfRun(copy, manifest)) continue;
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

/** Clocks may differ by so much before a backup refuses to run. */
const skewMilliseconds = 5 * 60_000;

/** Whether a copy that the manifest does not name can have been made by the run that it tells of. */
function isOfRun({ id, createdAt, state, snapshots }: LiveCopy, manifest: Manifest): boolean {
  const recorded = manifest.recovery_points;
  if (recorded.some((point) => point.id === id)) return false;
  const taken = new Set(recorded.flatMap((point) => point.snapshots ?? []));
  if (snapshots.some((snapshot) => taken.has(snapshot))) return false;
  // Services tell no time of what they have not begun, and that holds no data.
  if (createdAt === undefined) return state === 'pending' || state === 'failed';
  return Date.parse(createdAt) <= Date.parse(manifest.completed_at) + skewMilliseconds;
}
