import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { errorCode, failedError } from '../shared/errors.ts';
import type { Dns, DnsRecord } from './dns-port.ts';

type Name = Pick<DnsRecord, 'zoneId' | 'name'>;

/** Records in Route 53's hosted zones, public and private ones alike. */
export function createRoute53Dns({ route53 }: { readonly route53: Route53Client }): Dns {
  return {
    check: async ({ zoneId, name, ttlSeconds }) => {
      const zone = await zoneName(route53, zoneId);
      if (zone === undefined)
        return [`the hosted zone ${zoneId} does not exist, or not in this account: correct dns.hostedZoneId`];
      const wanted = normal(name);
      if (wanted !== zone && !wanted.endsWith(`.${zone}`))
        return [`the name ${name} does not lie in the hosted zone ${zoneId} (${zone}): correct dns.name`];
      const problems = conflicts(name, await recordsOf(route53, { zoneId, name }));
      if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > 2_147_483_647)
        problems.push(`a TTL of ${ttlSeconds} is not possible: give 0 to 2147483647 whole seconds`);
      return problems;
    },

    read: async (record) => {
      const address = (await recordsOf(route53, record)).find(
        ({ Type, AliasTarget, SetIdentifier }) => Type === 'A' && !AliasTarget && SetIdentifier === undefined,
      );
      if (!address) return undefined;
      const values = (address.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? []);
      return { values, ttlSeconds: address.TTL ?? 0 };
    },

    describe: (record) => ({
      service: 'route53',
      action: 'ChangeResourceRecordSets',
      parameters: changeInput(record),
    }),

    upsert: async (record) => {
      try {
        const { ChangeInfo } = await route53.send(new ChangeResourceRecordSetsCommand(changeInput(record)));
        return { changeId: ChangeInfo?.Id ?? '' };
      } catch (error) {
        const code = errorCode(error);
        if (code !== 'InvalidChangeBatch' && code !== 'NoSuchHostedZone' && code !== 'InvalidInput')
          throw error;
        throw failedError(
          `Route 53 refuses to point ${record.name} to ${record.address}: ${error instanceof Error ? error.message : ''}`,
          'set the record by hand, or correct `dns` and resume the restore',
          error,
        );
      }
    },

    isInSync: async (changeId) => {
      const { ChangeInfo } = await route53.send(new GetChangeCommand({ Id: changeId }));
      return ChangeInfo?.Status === 'INSYNC';
    },
  };
}

const changeInput = ({ zoneId, name, ttlSeconds, address }: DnsRecord) => ({
  HostedZoneId: zoneId,
  ChangeBatch: {
    Changes: [
      {
        Action: 'UPSERT' as const,
        ResourceRecordSet: {
          Name: name,
          Type: 'A' as const,
          TTL: ttlSeconds,
          ResourceRecords: [{ Value: address }],
        },
      },
    ],
  },
});

async function zoneName(route53: Route53Client, zoneId: string): Promise<string | undefined> {
  try {
    const { HostedZone } = await route53.send(new GetHostedZoneCommand({ Id: zoneId }));
    return HostedZone?.Name;
  } catch (error) {
    // What cannot be the ID of a zone is refused as input.
    if (/^(NoSuchHostedZone|InvalidInput)$/.test(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Every record set of exactly this name. A name has few; a page holds 300 of them. */
async function recordsOf(route53: Route53Client, { zoneId, name }: Name): Promise<ResourceRecordSet[]> {
  const wanted = normal(name);
  const { ResourceRecordSets = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, StartRecordName: wanted }),
  );
  return ResourceRecordSets.filter((record) => record.Name === wanted);
}

/** What an UPSERT of a simple A record would be refused for, or would silently replace. */
function conflicts(name: string, records: readonly ResourceRecordSet[]): string[] {
  return records.flatMap(({ Type, AliasTarget, SetIdentifier, ResourceRecords }) => {
    if (Type === 'CNAME')
      return [
        `${name} is an alias (CNAME) of ${ResourceRecords?.[0]?.Value ?? 'another name'}, beside which no address can stand: change it by hand`,
      ];
    if (Type !== 'A') return [];
    if (AliasTarget)
      return [
        `${name} points to the AWS resource ${AliasTarget.DNSName ?? ''} (a load balancer, perhaps): register the new machine there instead`,
      ];
    if (SetIdentifier !== undefined)
      return [`${name} is answered by routing policy (${SetIdentifier}): change that record by hand`];
    return [];
  });
}

/** As Route 53 keeps names: lower case, a final dot, anything unusual as a backslash and three octal digits. */
const normal = (name: string): string =>
  `${name.replace(/\.$/, '').toLowerCase()}.`.replace(
    /[^a-z0-9._-]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
