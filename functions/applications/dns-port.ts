import type { PlannedCall } from '../shared/planned-call.ts';

/** The service name of a restored application, as it is to be found in the DNS. */
export interface DnsRecord {
  readonly zoneId: string;
  /** Without the final dot. */
  readonly name: string;
  readonly ttlSeconds: number;
  /** One IPv4 address. */
  readonly address: string;
}

/** What stands under a name: its values and how many seconds resolvers keep them. */
export interface DnsAnswer {
  readonly values: readonly string[];
  readonly ttlSeconds: number;
}

/** The port to the DNS. */
export interface Dns {
  /**
   * What is in the way, one sentence each: no such zone, the name lies outside of it, the name is held by a record of
   * another type or routing policy. Read-only.
   */
  check(record: Omit<DnsRecord, 'address'>): Promise<readonly string[]>;

  /** The address record that stands now, or undefined. Read-only. */
  read(record: Pick<DnsRecord, 'zoneId' | 'name'>): Promise<DnsAnswer | undefined>;

  /** The call that `upsert` would make. Pure. */
  describe(record: DnsRecord): PlannedCall;

  /** Makes or replaces the simple A record. Idempotent. Returns the ID of the change. */
  upsert(record: DnsRecord): Promise<{ readonly changeId: string }>;

  /** Whether the change has reached every name server. Read-only. */
  isInSync(changeId: string): Promise<boolean>;
}
