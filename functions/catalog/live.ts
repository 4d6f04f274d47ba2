import type { SourceKind } from '../shared/source.ts';

/** A copy that exists in the account right now and carries the deployment's tag. */
export interface LiveCopy {
  readonly kind: SourceKind;
  /** AMI ID or snapshot identifier, as in the manifest. */
  readonly id: string;
  /** The name it was created under, see `copyName`. */
  readonly name: string;
  /** Account that owns it. */
  readonly owner: string;
  /** RFC 3339; absent while the service does not tell. */
  readonly createdAt?: string;
  readonly state: 'pending' | 'available' | 'failed' | 'disabled';
  readonly tags: Readonly<Record<string, string>>;
  /** EBS snapshots that the AMI refers to; empty for databases. */
  readonly snapshots: readonly string[];
}

/** An EBS snapshot with our tag that no live AMI of the account refers to, whosever that AMI is. */
export interface StraySnapshot {
  readonly id: string;
  readonly owner: string;
  readonly createdAt?: string;
  /** The volume that it was made of; says which device it belongs to when an AMI is made of it again. */
  readonly volume?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Inventory {
  /** Sorted by ID; every state, disabled ones included. */
  readonly copies: readonly LiveCopy[];
  readonly strays: readonly StraySnapshot[];
}
