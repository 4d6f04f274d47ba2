import type {
  CreateHostedZoneRequest,
  CreateHostedZoneResponse,
  DeleteHostedZoneRequest,
  DeleteHostedZoneResponse,
  GetHostedZoneRequest,
  GetHostedZoneResponse,
  HostedZone,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ListHostedZonesRequest,
  ListHostedZonesResponse,
} from '@aws-sdk/client-route-53';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { compareNames, normalName } from './domain-names.ts';
import { hostedZoneAlreadyExists, hostedZoneNotEmpty, invalidInput, noSuchHostedZone } from './errors.ts';
import { bareId, changeInfo, isPrivate, type Route53State, recordKey, type Vpc, type Zone } from './model.ts';

/** CreateHostedZone, GetHostedZone, DeleteHostedZone, ListHostedZones, ListHostedZonesByName. */
export function zoneHandlers(state: Route53State) {
  return {
    CreateHostedZone(
      input: Decoded<CreateHostedZoneRequest>,
      request: RequestContext,
    ): Omit<CreateHostedZoneResponse, 'DelegationSet'> {
      const { account } = request.caller;
      const name = normalName(input.Name);
      if (input.CallerReference === '' || input.CallerReference.length > 128)
        throw invalidInput('The caller reference must have 1 to 128 characters.');
      if (state.zonesOf(account).some((zone) => zone.callerReference === input.CallerReference))
        throw hostedZoneAlreadyExists();
      const vpc: Vpc | undefined =
        input.VPC?.VPCId === undefined
          ? undefined
          : { id: input.VPC.VPCId, region: input.VPC.VPCRegion ?? request.region };
      if (input.HostedZoneConfig?.PrivateZone === true && !vpc)
        throw invalidInput('A private hosted zone needs a VPC: VPCId and VPCRegion.');
      const zone = addZone(state, {
        owner: account,
        name,
        callerReference: input.CallerReference,
        comment: input.HostedZoneConfig?.Comment,
        vpcs: vpc ? [vpc] : [],
      });
      return {
        HostedZone: viewZone(zone),
        ChangeInfo: changeInfo(state.submit(request), request.now),
        ...delegation(zone),
        ...(vpc ? { VPC: { VPCId: vpc.id, VPCRegion: input.VPC?.VPCRegion } } : {}),
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
      };
    },

    GetHostedZone(input: Decoded<GetHostedZoneRequest>, request: RequestContext): GetHostedZoneResponse {
      const zone = findZone(state, request, input.Id);
      return {
        HostedZone: viewZone(zone),
        ...delegation(zone),
        ...(isPrivate(zone)
          ? {
              // Sound: what CreateHostedZone was given, by its own type.
              VPCs: zone.vpcs.map(({ id, region }) => ({ VPCId: id, VPCRegion: region as 'us-east-1' })),
            }
          : {}),
      };
    },

    DeleteHostedZone(
      input: Decoded<DeleteHostedZoneRequest>,
      request: RequestContext,
    ): DeleteHostedZoneResponse {
      const zone = findZone(state, request, input.Id);
      if (zone.records.size > 2) throw hostedZoneNotEmpty();
      state.zones.delete(zone.id);
      return { ChangeInfo: changeInfo(state.submit(request), request.now) };
    },

    ListHostedZones(input: ListHostedZonesRequest, request: RequestContext): ListHostedZonesResponse {
      const limit = pageSize(input.MaxItems, 100);
      const zones = state
        .zonesOf(request.caller.account)
        .filter((zone) => input.HostedZoneType === undefined || isPrivate(zone))
        .sort((left, right) => (left.id < right.id ? -1 : 1));
      const start = input.Marker === undefined ? 0 : zones.findIndex(({ id }) => id === input.Marker);
      if (start < 0) throw invalidInput(`Invalid marker: ${input.Marker}`);
      const next = zones[start + limit];
      return {
        HostedZones: zones.slice(start, start + limit).map(viewZone),
        Marker: input.Marker ?? '',
        IsTruncated: next !== undefined,
        MaxItems: limit,
        ...(next ? { NextMarker: next.id } : {}),
      };
    },

    ListHostedZonesByName(
      input: ListHostedZonesByNameRequest,
      request: RequestContext,
    ): ListHostedZonesByNameResponse {
      const limit = pageSize(input.MaxItems, 100);
      if (input.HostedZoneId !== undefined && input.DNSName === undefined)
        throw invalidInput('A hosted zone ID can be given only together with a DNS name.');
      const from = input.DNSName === undefined ? undefined : normalName(input.DNSName);
      const fromId = bareId(input.HostedZoneId ?? '');
      const zones = state
        .zonesOf(request.caller.account)
        .sort((left, right) => compareNames(left.name, right.name) || (left.id < right.id ? -1 : 1))
        .filter((zone) => {
          const order = from === undefined ? 1 : compareNames(zone.name, from);
          return order > 0 || (order === 0 && zone.id >= fromId);
        });
      const next = zones[limit];
      return {
        HostedZones: zones.slice(0, limit).map(viewZone),
        ...(input.DNSName === undefined ? {} : { DNSName: input.DNSName }),
        ...(input.HostedZoneId === undefined ? {} : { HostedZoneId: input.HostedZoneId }),
        IsTruncated: next !== undefined,
        ...(next ? { NextDNSName: next.name, NextHostedZoneId: next.id } : {}),
        MaxItems: limit,
      };
    },
  } satisfies Record<string, AnyHandler>;
}

export type NewZone = Pick<Zone, 'owner' | 'name' | 'callerReference' | 'comment' | 'vpcs'> & {
  readonly id?: string;
};

/** Puts a zone with the records that every zone has. */
export function addZone(state: Route53State, wanted: NewZone): Zone {
  const number = state.world.random.integer(64);
  const reserved = wanted.vpcs.length > 0;
  // Private zones all name the same four servers, which exist for the records' sake only.
  const nameServers = ['com', 'net', 'org', 'co.uk'].map((suffix, index) => {
    const server = reserved ? index * 512 : index * 512 + state.world.random.integer(512);
    return `ns-${server}.awsdns-${String(reserved ? 0 : number).padStart(2, '0')}.${suffix}.`;
  });
  const zone: Zone = { ...wanted, id: wanted.id ?? state.newId('Z'), nameServers, records: new Map() };
  for (const record of [
    {
      Name: zone.name,
      Type: 'NS',
      TTL: 172_800,
      ResourceRecords: nameServers.map((Value) => ({ Value })),
    },
    {
      Name: zone.name,
      Type: 'SOA',
      TTL: 900,
      ResourceRecords: [
        { Value: `${nameServers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` },
      ],
    },
  ])
    zone.records.set(recordKey(record), record);
  state.zones.set(zone.id, zone);
  return zone;
}

export function findZone(state: Route53State, request: RequestContext, id: string): Zone {
  const zone = state.zoneOf(request.caller.account, id);
  if (!zone) throw noSuchHostedZone(bareId(id));
  return zone;
}

/** More than a page holds is as good as a page. */
export function pageSize(wanted: number | undefined, limit: number): number {
  if (wanted === undefined) return limit;
  if (!Number.isInteger(wanted) || wanted < 1) throw invalidInput(`Invalid value for maxitems: ${wanted}`);
  return Math.min(limit, wanted);
}

const viewZone = (zone: Zone): HostedZone => ({
  Id: `/hostedzone/${zone.id}`,
  Name: zone.name,
  CallerReference: zone.callerReference,
  Config: {
    ...(zone.comment === undefined ? {} : { Comment: zone.comment }),
    PrivateZone: isPrivate(zone),
  },
  ResourceRecordSetCount: zone.records.size,
});

const delegation = (zone: Zone) =>
  isPrivate(zone)
    ? {}
    : { DelegationSet: { NameServers: zone.nameServers.map((server) => server.replace(/\.$/, '')) } };
