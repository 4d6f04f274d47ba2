import type {
  Inventory,
  LiveCopy,
  Obstacle,
  RemovalOutcome,
  Remover,
  StraySnapshot,
} from '../../functions/drivers/removal.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';

/** A remover whose cloud is a map, with switches for bad days. */
export class FakeRemover implements Remover {
  readonly kind: SourceKind;
  readonly copies = new Map<string, LiveCopy>();
  /** Snapshots by ID; those of copies as well. */
  readonly snapshots = new Map<string, StraySnapshot>();
  readonly obstaclesById = new Map<string, readonly Obstacle[]>();
  /** Answers instead of removing, by ID. */
  readonly outcomes = new Map<string, RemovalOutcome>();
  /** The same for snapshots whose copy has gone. */
  readonly strayOutcomes = new Map<string, RemovalOutcome>();
  readonly removed: string[] = [];
  readonly calls = { inventory: 0, find: 0, obstacles: 0, remove: 0, removeStray: 0 };
  /** Thrown by the next listings. */
  failure: Error | undefined;
  /** Called before each removal; may throw. */
  beforeRemove: (id: string) => void = () => undefined;

  constructor(kind: SourceKind = 'ec2') {
    this.kind = kind;
  }

  add(copy: LiveCopy): LiveCopy {
    this.copies.set(copy.id, copy);
    for (const id of copy.snapshots) this.snapshots.set(id, { id, owner: copy.owner, tags: copy.tags });
    return copy;
  }

  async inventory({ deployment }: { deployment: string }): Promise<Inventory> {
    this.calls.inventory += 1;
    if (this.failure) throw this.failure;
    const isOurs = ({ tags }: Pick<LiveCopy, 'tags'>) => tags[tagKeys.managed] === deployment;
    const used = new Set([...this.copies.values()].flatMap(({ snapshots }) => snapshots));
    return structuredClone({
      copies: [...this.copies.values()].filter(isOurs),
      strays: [...this.snapshots.values()].filter((snapshot) => isOurs(snapshot) && !used.has(snapshot.id)),
    });
  }

  async find(ids: readonly string[]): Promise<readonly LiveCopy[]> {
    this.calls.find += 1;
    if (this.failure) throw this.failure;
    return structuredClone(ids.flatMap((id) => this.copies.get(id) ?? []));
  }

  async obstacles(copies: readonly LiveCopy[]): Promise<ReadonlyMap<string, readonly Obstacle[]>> {
    this.calls.obstacles += 1;
    const ids = new Set(copies.map(({ id }) => id));
    return new Map([...this.obstaclesById].filter(([id]) => ids.has(id)));
  }

  async remove(copy: LiveCopy): Promise<RemovalOutcome> {
    this.calls.remove += 1;
    this.beforeRemove(copy.id);
    const outcome = this.outcomes.get(copy.id);
    if (outcome) return outcome;
    if (this.copies.delete(copy.id)) this.removed.push(copy.id);
    for (const id of copy.snapshots) this.snapshots.delete(id);
    return { state: 'removed' };
  }

  async removeStray(snapshot: StraySnapshot): Promise<RemovalOutcome> {
    this.calls.removeStray += 1;
    this.beforeRemove(snapshot.id);
    const outcome = this.strayOutcomes.get(snapshot.id);
    if (outcome) return outcome;
    if (this.snapshots.delete(snapshot.id)) this.removed.push(snapshot.id);
    return { state: 'removed' };
  }
}
