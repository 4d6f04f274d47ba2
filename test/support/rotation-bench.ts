import type {
  AvailablePoint,
  FailedPoint,
  IntendedProtection,
  Manifest,
  RecoveryPoint,
} from '../../functions/catalog/documents.ts';
import type { LiveCopy } from '../../functions/catalog/live.ts';
import { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import type { Driver, PollOutcome } from '../../functions/drivers/driver.ts';
import type { EngineOptions } from '../../functions/engine/engine.ts';
import type { Plan } from '../../functions/plan/config.ts';
import type { RetentionPolicy } from '../../functions/retention/policy.ts';
import { toTimestamp } from '../../functions/shared/clock.ts';
import { backupIdOf, copyName, slotOf, tagKeys } from '../../functions/shared/names.ts';
import { type SourceRef, sourceKey } from '../../functions/shared/source.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import type { Assessment } from '../../functions/workflows/rotate/assessment.ts';
import type { RotateDependencies, RotateResult } from '../../functions/workflows/rotate/ports.ts';
import { silentRotationReporter } from '../../functions/workflows/rotate/ports.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { backupBench } from './backup-bench.ts';
import { FakeRemover } from './fake-remover.ts';
import { MemoryVault } from './memory-vault.ts';
import { aPlan } from './plans.ts';

export const deployment = 'prod-eu';
export const account = '123456789012';
export const caller = `arn:aws:iam::${account}:user/ops`;

export interface PastBackup {
  /** RFC 3339, whole minutes. */
  readonly slot: string;
  /** Instance IDs whose copies are available; `i-1` unless told. */
  readonly sources?: readonly string[];
  /** Instance IDs whose copies failed and left an AMI. */
  readonly failed?: readonly string[];
  /** What the plan asked for at that time; nothing unless told. */
  readonly protection?: IntendedProtection;
}

/** A vault with backups in its past, their copies in a cloud that is a map, and the rotation over both. */
export class RotationBench {
  readonly plan: Plan;
  readonly vault = new MemoryVault();
  readonly ledger = new RotationLedger(this.vault);
  readonly clock: VirtualClock;
  readonly ec2 = new FakeRemover('ec2');
  readonly rds = new FakeRemover('rds');
  readonly aurora = new FakeRemover('aurora');
  readonly deps: RotateDependencies;
  readonly #engine: ReturnType<typeof backupBench>;
  #runs = 0;

  constructor(options: {
    plan?: Partial<Plan>;
    now: string;
    engine?: Partial<EngineOptions>;
    reporter?: RotateDependencies['reporter'];
  }) {
    this.plan = aPlan(options.plan);
    this.clock = new VirtualClock(Date.parse(options.now));
    this.#engine = backupBench({
      plan: this.plan,
      clock: this.clock,
      vault: this.vault,
      drivers: [this.#driver()],
      ...(options.engine ? { engine: options.engine } : {}),
    });
    this.deps = {
      backup: this.#engine.deps,
      removers: { ec2: this.ec2, rds: this.rds, aurora: this.aurora },
      ledger: this.ledger,
      identity: async () => ({ account, arn: caller }),
      reporter: options.reporter ?? silentRotationReporter,
    };
  }

  /** Seals a backup in the ledger and puts its copies into the cloud. */
  async add({ slot, sources = ['i-1'], failed = [], protection }: PastBackup): Promise<Manifest> {
    const points = [
      ...sources.map((id) => this.#available(id, slot)),
      ...failed.map((id) => this.#failed(id, slot)),
    ];
    const manifest: Manifest = {
      metadata_version: 2,
      backup_id: backupIdOf(slot, this.plan.name),
      created_at: slot,
      plan: this.plan.name,
      slot,
      deployment,
      snapkeep_version: '0.0.0-test',
      application:
        this.plan.application === undefined ? null : { profile: this.plan.application, version: null },
      status: failed.length === 0 ? 'completed' : sources.length === 0 ? 'failed' : 'partial',
      consistency: 'crash',
      errors: [],
      warnings: [],
      ...(protection === undefined ? {} : { protection }),
      started_at: slot,
      completed_at: slot,
      recovery_points: points,
    };
    await this.#engine.ledger.seal(manifest);
    for (const point of points) this.ec2.add(this.copyOf(manifest.backup_id, slot, point));
    return manifest;
  }

  /** Writes the intent of a backup and puts the copies that were made into the cloud; it is never sealed. */
  async begin({
    slot,
    sources,
    made,
    ...begun
  }: {
    slot: string;
    sources: readonly string[];
    made: readonly string[];
    /** Written down as that in which it was begun. */
    account?: string;
  }): Promise<void> {
    const points = sources.map((id) => this.#available(id, slot));
    const backupId = backupIdOf(slot, this.plan.name);
    await this.#engine.ledger.recordIntent({
      metadata_version: 2,
      backup_id: backupId,
      deployment,
      ...begun,
      plan: this.plan.name,
      slot,
      created_at: slot,
      deadline: toTimestamp(Date.parse(slot) + this.plan.timeoutSeconds * 1000),
      application: null,
      sources: points.map(({ source, name, relaunch }) => ({ source, relaunch, copy_name: name })),
      missing: [],
      snapkeep_version: '0.0.0-test',
    });
    for (const point of points)
      if (made.includes(point.source.id)) this.ec2.add(this.copyOf(backupId, slot, point));
  }

  /** Backups at regular times, the last one at `until`. */
  async addEvery(hours: number, count: number, until: string, sources?: readonly string[]): Promise<void> {
    for (let n = count - 1; n >= 0; n -= 1) {
      const slot = slotOf(Date.parse(until) - n * hours * 3_600_000);
      await this.add({ slot, ...(sources ? { sources } : {}) });
    }
  }

  copyOf(backupId: string, slot: string, point: RecoveryPoint): LiveCopy {
    return {
      kind: 'ec2',
      id: point.id ?? '',
      name: point.name ?? '',
      owner: account,
      createdAt: point.status === 'available' ? point.created_at : slot,
      state: point.status,
      tags: {
        [tagKeys.managed]: deployment,
        [tagKeys.plan]: this.plan.name,
        [tagKeys.backupId]: backupId,
        [tagKeys.source]: sourceKey(point.source),
      },
      snapshots: point.snapshots ?? [],
    };
  }

  assess = async () => (await assess(this.deps, this.plan.name)).assessment;

  /** A new execution each time, as in the command line. */
  rotate = (confirm?: string): Promise<RotateResult> => {
    this.#runs += 1;
    const input = { plan: this.plan.name, ...(confirm === undefined ? {} : { confirm }) };
    return this.#engine.engine.run(rotateWorkflow(this.deps), input, { name: `rotation-${this.#runs}` });
  };

  /** IDs of the AMIs that are there, oldest first. */
  left(): string[] {
    return [...this.ec2.copies.keys()].sort();
  }

  /** Sees the same cloud; makes nothing. */
  #driver(): Driver {
    const never = async () => {
      throw new Error('a rotation starts no copies');
    };
    return {
      kind: 'ec2',
      contentFixedAt: 'initiation',
      discover: never,
      start: never,
      poll: async ({ copies }) =>
        copies.flatMap(({ id }): PollOutcome[] => {
          const live = this.ec2.copies.get(id);
          if (live?.state !== 'available') return [];
          const { snapshots, createdAt = '' } = live;
          return [{ state: 'available', id, snapshots, bytes: 2 ** 30, createdAt }];
        }),
    };
  }

  #available(id: string, slot: string): AvailablePoint {
    const { name, source } = this.#named(id, slot);
    return {
      source,
      relaunch: {
        root_device: '/dev/xvda',
        architecture: 'x86_64',
        block_devices: [{ device: '/dev/xvda', volume: `vol-${id}` }],
      },
      status: 'available',
      consistency: 'crash',
      id: amiOf(slot, id),
      name,
      snapshots: [`snap-${amiOf(slot, id)}`],
      bytes: 2 ** 30,
      created_at: slot,
    };
  }

  #failed(id: string, slot: string): FailedPoint {
    const { name, source } = this.#named(id, slot);
    return {
      source,
      relaunch: {},
      status: 'failed',
      reason: 'it broke',
      id: amiOf(slot, id),
      name,
      snapshots: [],
    };
  }

  #named(id: string, slot: string): { name: string; source: SourceRef } {
    const source: SourceRef = { kind: 'ec2', id, region: 'eu-west-1' };
    return { source, name: copyName(deployment, this.plan.name, source, slot, 1) };
  }
}

/** `ami-2026-11-20T02-i-1`: tells by itself what it is of. */
export const amiOf = (slot: string, id = 'i-1'): string => `ami-${slot.slice(0, 16)}-${id}`;

/** The retention of a plan with these rules and the usual guards. */
export function policy(rules: Partial<RetentionPolicy>): Pick<Plan, 'retention'> {
  const { daily: _, ...retention } = aPlan().retention;
  return { retention: { ...retention, ...rules } };
}

/** 02:00 UTC of the day that lies `n` days before 2026-11-20. */
export const day = (n: number): string => slotOf(Date.parse('2026-11-20T02:00:00Z') - n * 86_400_000);

/** `<id>: keep|remove, <reasons>` for each decision, newest backup first. */
export const table = ({ decisions }: Assessment): string[] =>
  decisions.map(({ id, remove, reasons }) => `${id}: ${remove ? 'remove' : 'keep'}, ${reasons.join(', ')}`);
