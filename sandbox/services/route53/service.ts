import * as route53 from '@aws-sdk/client-route-53';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { normalName } from './domain-names.ts';
import { type RecordSet, Route53State, recordKey } from './model.ts';
import { recordChangeHandlers } from './record-changes.ts';
import { recordListHandlers } from './record-lists.ts';
import { addZone, zoneHandlers } from './zones.ts';

export interface Route53Options {
  /** How long a change is `PENDING`, in seconds of the sandbox clock; `world.snapshotSeconds` unless told. */
  readonly propagationSeconds?: number;
}

export interface ZoneSeed {
  readonly account: string;
  readonly name: string;
  /** Chosen by the service unless told. */
  readonly id?: string;
  /** A private zone for this VPC. */
  readonly vpc?: { readonly id: string; readonly region: string };
  readonly records?: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    readonly values: readonly string[];
  }[];
}

export interface Route53 {
  readonly service: Service;
  /** Makes a zone without a request; answers its id. */
  seedZone(seed: ZoneSeed): string;
  /** The record sets of a name in a zone, for tests. */
  records(zoneId: string, name: string): readonly RecordSet[];
}

/** Route 53: hosted zones and their records. One service for all Regions, whatever Region a request is signed for. */
export function createRoute53(world: World, options: Route53Options = {}): Route53 {
  const state = new Route53State(world, options.propagationSeconds ?? world.snapshotSeconds);
  return {
    service: {
      signingName: 'route53',
      protocol: 'restXml',
      clientPackage: route53,
      xmlNamespace: 'https://route53.amazonaws.com/doc/2013-04-01/',
      handlers: { ...zoneHandlers(state), ...recordChangeHandlers(state), ...recordListHandlers(state) },
    },
    seedZone({ account, name, id, vpc, records = [] }) {
      const zone = addZone(state, {
        ...(id === undefined ? {} : { id }),
        owner: account,
        name: normalName(name),
        callerReference: `seed-${state.zones.size}`,
        comment: undefined,
        vpcs: vpc ? [vpc] : [],
      });
      for (const { name: record, type, ttl, values } of records) {
        const set: RecordSet = {
          Name: normalName(record),
          Type: type,
          TTL: ttl,
          ResourceRecords: values.map((Value) => ({ Value })),
        };
        zone.records.set(recordKey(set), set);
      }
      return zone.id;
    },
    records: (zoneId, name) =>
      [...(state.zones.get(zoneId)?.records.values() ?? [])].filter(({ Name }) => Name === normalName(name)),
  };
}
