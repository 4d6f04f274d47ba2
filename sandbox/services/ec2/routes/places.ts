import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeKeyPairsRequest,
  DescribeKeyPairsResult,
  DescribeRegionsRequest,
  DescribeRegionsResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue } from '../errors.ts';
import { compileFilters, matchingNothing } from '../filters.ts';
import { findAll, kinds } from '../ids.ts';
import { type Ec2Shared, ownedBy, visibleLookup } from '../model/region.ts';
import { tagList } from '../model/tags.ts';

/** Regions that are on for every account without opting in. */
const regionNames = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

/** DescribeRegions, DescribeAvailabilityZones and DescribeKeyPairs: short lists without pages. */
export function placeRoutes(shared: Ec2Shared) {
  const DescribeRegions: Handler<DescribeRegionsRequest, DescribeRegionsResult> = (input) => {
    const matches = compileFilters<string>(input.Filters, {
      endpoint: (name) => `ec2.${name}.amazonaws.com`,
      'opt-in-status': () => 'opt-in-not-required',
      'region-name': (name) => name,
    });
    const wanted = input.RegionNames?.length ? input.RegionNames : regionNames;
    for (const name of wanted)
      if (!regionNames.includes(name)) throw invalidValue(`Invalid value '${name}' for regionNames.`);
    endDryRun(input.DryRun);
    return {
      Regions: wanted.filter(matches).map((RegionName) => ({
        RegionName,
        Endpoint: `ec2.${RegionName}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required',
      })),
    };
  };

  const DescribeAvailabilityZones: Handler<
    DescribeAvailabilityZonesRequest,
    DescribeAvailabilityZonesResult
  > = (input, request) => {
    const { zones } = shared.region(request.region);
    const zoneId = (zone: string) =>
      `${zone.slice(0, -1).replaceAll(/[^a-z0-9]/g, '')}-az${zones.indexOf(zone) + 1}`;
    const matches = compileFilters<string>(input.Filters, {
      ...matchingNothing('message', 'parent-zone-id', 'parent-zone-name'),
      'group-long-name': () => request.region,
      'group-name': () => request.region,
      'opt-in-status': () => 'opt-in-not-required',
      'region-name': () => request.region,
      state: () => 'available',
      'zone-id': zoneId,
      'zone-name': (zone) => zone,
      'zone-type': () => 'availability-zone',
    });
    const wanted = input.ZoneNames?.length ? input.ZoneNames : zones;
    for (const zone of wanted)
      if (!zones.includes(zone)) throw invalidValue(`Invalid availability zone: [${zone}]`);
    endDryRun(input.DryRun);
    return {
      AvailabilityZones: wanted.filter(matches).map((zone) => ({
        ZoneName: zone,
        ZoneId: zoneId(zone),
        ZoneType: 'availability-zone',
        RegionName: request.region,
        GroupName: request.region,
        NetworkBorderGroup: request.region,
        State: 'available' as const,
        OptInStatus: 'opt-in-not-required' as const,
        Messages: [],
      })),
    };
  };

  const DescribeKeyPairs: Handler<DescribeKeyPairsRequest, DescribeKeyPairsResult> = (input, request) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    const all = [...ownedBy(region.keyPairs, caller.account, now)];
    const matches = compileFilters<(typeof all)[number]>(
      input.Filters,
      {
        fingerprint: (pair) => pair.fingerprint,
        'key-name': (pair) => pair.name,
        'key-pair-id': (pair) => pair.id,
      },
      (pair) => pair.tags,
    );
    const byName = (input.KeyNames ?? []).map((name) => {
      const pair = all.find((candidate) => candidate.name === name);
      if (!pair) throw ec2Error('InvalidKeyPair.NotFound', `The key pair '${name}' does not exist`);
      return pair;
    });
    const byId = findAll(
      kinds.keyPair,
      input.KeyPairIds ?? [],
      visibleLookup(region.keyPairs, caller.account, now),
    );
    const asked = byName.length + byId.length > 0;
    endDryRun(input.DryRun);
    return {
      KeyPairs: (asked ? [...byName, ...byId] : all).filter(matches).map((pair) => ({
        KeyPairId: pair.id,
        KeyName: pair.name,
        KeyFingerprint: pair.fingerprint,
        KeyType: 'rsa' as const,
        CreateTime: new Date(pair.createdAt),
        Tags: tagList(pair.tags),
      })),
    };
  };

  return { DescribeRegions, DescribeAvailabilityZones, DescribeKeyPairs };
}
