import type { IntendedProtection, MissingSource } from '../../functions/catalog/documents.ts';
import type {
  Discovery,
  Driver,
  PollOutcome,
  PollRequest,
  ProtectOutcome,
  ProtectRequest,
  StartOutcome,
  StartRequest,
} from '../../functions/drivers/driver.ts';
import type { Clock } from '../../functions/shared/clock.ts';
import { copyName } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';

interface FakeCopy {
  readonly id: string;
  readonly source: string;
  readonly startedAt: number;
  failsWith?: string;
}

export interface FakeDriverOptions {
  readonly kind?: SourceKind;
  readonly clock: Clock;
  readonly ids: readonly string[];
  readonly missing?: readonly MissingSource[];
  /** Seconds until a copy is available, or its content fixed. */
  readonly copySeconds?: number;
  readonly fixedSeconds?: number;
  /** Seconds of single sources that take another time. */
  readonly copySecondsOf?: Readonly<Record<string, number>>;
  /** Answers instead of starting, by source id; called on every try. */
  readonly refuse?: (request: StartRequest, tries: number) => StartOutcome | undefined;
  /** Answers instead of protecting a copy, by its source's id; called on every try. */
  readonly refuseProtection?: (sourceId: string, tries: number) => ProtectOutcome | undefined;
  /** Copies under way at once before starts answer `wait`. */
  readonly quota?: number;
}

/** A driver whose cloud is a map: idempotent by name like the real ones, with switches for bad days. */
export class FakeDriver implements Driver {
  readonly kind: SourceKind;
  readonly contentFixedAt: 'initiation' | 'completion';
  readonly protect?: NonNullable<Driver['protect']>;
  readonly copies = new Map<string, FakeCopy>();
  /** By copy ID, what protects it. */
  readonly protections = new Map<string, IntendedProtection>();
  /** Names of copies that were marked at their start. */
  readonly marked = new Set<string>();
  readonly calls = { discover: 0, start: 0, poll: 0, protect: 0 };
  readonly #options: FakeDriverOptions;
  readonly #tries = new Map<string, number>();

  constructor(options: FakeDriverOptions) {
    this.kind = options.kind ?? 'ec2';
    if (this.kind === 'ec2') this.protect = (request) => this.#protect(request);
    this.contentFixedAt = this.kind === 'ec2' ? 'initiation' : 'completion';
    this.#options = options;
  }

  async discover(): Promise<Discovery> {
    this.calls.discover += 1;
    const sources = this.#options.ids.map((id) => ({
      source: { kind: this.kind, id, region: 'eu-west-1' },
      relaunch: { private_ip: '10.0.1.67' },
    }));
    return { sources, missing: this.#options.missing ?? [] };
  }

  async start(request: StartRequest): Promise<StartOutcome> {
    this.calls.start += 1;
    const { id } = request.source;
    const tries = (this.#tries.get(id) ?? 0) + 1;
    this.#tries.set(id, tries);
    const refusal = this.#options.refuse?.(request, tries);
    if (refusal) return refusal;
    const name = copyName(request.deployment, request.plan, request.source, request.slot, request.attempt);
    const existing = this.copies.get(name);
    if (existing?.failsWith !== undefined) {
      return { state: 'spoilt', id: existing.id, name, reason: existing.failsWith };
    }
    if (!existing) {
      const underWay = [...this.copies.values()].filter((copy) => !this.#done(copy)).length;
      if (underWay >= (this.#options.quota ?? Number.POSITIVE_INFINITY)) {
        return { state: 'wait', reason: 'PendingSnapshotLimitExceeded', blocksOthers: true };
      }
      if (request.markProtected) this.marked.add(name);
      this.copies.set(name, {
        id: `copy-${this.copies.size}`,
        source: id,
        startedAt: this.#options.clock.now(),
      });
    }
    return { state: 'started', id: this.copies.get(name)?.id ?? '', name };
  }

  async poll(request: PollRequest): Promise<readonly PollOutcome[]> {
    this.calls.poll += 1;
    return request.copies.map(({ id, name }): PollOutcome => {
      const copy = this.copies.get(name);
      if (!copy)
        return request.withAbsent ? { state: 'absent', id } : { state: 'pending', id, contentFixed: false };
      if (copy.failsWith !== undefined) return { state: 'failed', id, reason: copy.failsWith, snapshots: [] };
      if (this.#done(copy)) {
        return {
          state: 'available',
          id,
          snapshots: [`snap-of-${id}`],
          bytes: 2 ** 30,
          createdAt: '2026-01-01T00:00:00Z',
        };
      }
      return { state: 'pending', id, contentFixed: this.#age(copy) >= (this.#options.fixedSeconds ?? 0) };
    });
  }

  async #protect({ protection, copies }: ProtectRequest): Promise<ProtectOutcome[]> {
    this.calls.protect += 1;
    return copies.map(({ source, id }): ProtectOutcome => {
      const tries = (this.#tries.get(`protect ${id}`) ?? 0) + 1;
      this.#tries.set(`protect ${id}`, tries);
      const refusal = this.#options.refuseProtection?.(source.id, tries);
      if (!refusal) this.protections.set(id, protection);
      return refusal ?? { state: 'protected', id };
    });
  }

  /** Lets the copy of a source, made or yet to be made, end in an error. */
  spoil(sourceId: string, reason: string): void {
    for (const copy of this.copies.values()) if (copy.source === sourceId) copy.failsWith = reason;
  }

  /** Somebody deletes the copy of a source. */
  lose(sourceId: string): void {
    for (const [name, copy] of this.copies) if (copy.source === sourceId) this.copies.delete(name);
  }

  #age(copy: FakeCopy): number {
    return (this.#options.clock.now() - copy.startedAt) / 1000;
  }

  #done(copy: FakeCopy): boolean {
    const own = this.#options.copySecondsOf?.[copy.source];
    return this.#age(copy) >= (own ?? this.#options.copySeconds ?? 60);
  }
}
