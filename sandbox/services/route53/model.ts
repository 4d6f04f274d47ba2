import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { RequestContext } from '../../service.ts';
import type { World } from '../../world.ts';

export interface Vpc {
  readonly id: string;
  readonly region: string;
}

export interface Zone {
  /** `Z0123456789ABC`, without the `/hostedzone/` that answers put before it. */
  readonly id: string;
  readonly owner: string;
  /** Lower case, with the final dot. */
  readonly name: string;
  readonly callerReference: string;
  readonly comment: string | undefined;
  /** Private zones name at least one. */
  readonly vpcs: readonly Vpc[];
  readonly nameServers: readonly string[];
  /** By `recordKey`. */
  readonly records: Map<string, RecordSet>;
}

/** A record set with its name in normal form. */
export type RecordSet = Omit<ResourceRecordSet, 'Name' | 'Type'> & {
  readonly Name: string;
  readonly Type: string;
};

export interface DnsChange {
  readonly id: string;
  readonly owner: string;
  readonly comment: string | undefined;
  readonly submittedAt: number;
  /** Until then `PENDING`, afterwards `INSYNC`. */
  readonly insyncAt: number;
}

/** Route 53 is one service for all Regions: its state hangs on accounts alone. */
export class Route53State {
  readonly world: World;
  readonly zones = new Map<string, Zone>();
  readonly changes = new Map<string, DnsChange>();
  readonly #propagationSeconds: number;

  constructor(world: World, propagationSeconds: number) {
    this.world = world;
    this.#propagationSeconds = propagationSeconds;
  }

  newId(prefix: 'Z' | 'C'): string {
    return `${prefix}${this.world.random.hex(20).toUpperCase()}`;
  }

  zoneOf(account: string, id: string): Zone | undefined {
    const zone = this.zones.get(bareId(id));
    return zone?.owner === account ? zone : undefined;
  }

  zonesOf(account: string): Zone[] {
    return [...this.zones.values()].filter(({ owner }) => owner === account);
  }

  submit(request: RequestContext, comment?: string): DnsChange {
    const change: DnsChange = {
      id: this.newId('C'),
      owner: request.caller.account,
      comment,
      submittedAt: request.now,
      insyncAt: request.now + this.#propagationSeconds * 1000,
    };
    this.changes.set(change.id, change);
    return change;
  }
}

/** Clients send ids with or without the path that answers put before them. */
export const bareId = (id: string): string => id.replace(/^\/?(hostedzone|change)\//, '');

/** Records of one name and type differ by their identifier when they are weighted, by latency and the like. */
export const recordKey = (record: {
  readonly Name: string;
  readonly Type: string;
  readonly SetIdentifier?: string | undefined;
}): string => `${record.Name}|${record.Type}|${record.SetIdentifier ?? ''}`;

export const isPrivate = (zone: Zone): boolean => zone.vpcs.length > 0;

export const changeInfo = (change: DnsChange, now: number) => ({
  Id: `/change/${change.id}`,
  Status: now < change.insyncAt ? ('PENDING' as const) : ('INSYNC' as const),
  SubmittedAt: new Date(change.submittedAt),
  ...(change.comment === undefined ? {} : { Comment: change.comment }),
});
