import type {
  Change,
  ChangeResourceRecordSetsRequest,
  ChangeResourceRecordSetsResponse,
  GetChangeRequest,
  GetChangeResponse,
} from '@aws-sdk/client-route-53';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { isWithin, normalName } from './domain-names.ts';
import { invalidChangeBatch, invalidInput, noSuchChange } from './errors.ts';
import { bareId, changeInfo, type RecordSet, type Route53State, recordKey, type Zone } from './model.ts';
import { valueProblems } from './record-values.ts';
import { findZone } from './zones.ts';

const actions = ['CREATE', 'DELETE', 'UPSERT'];
/** "ResourceRecord elements per ChangeResourceRecordSets request" (Quotas); an UPSERT counts twice. */
const recordLimit = 1000;

/** ChangeResourceRecordSets and GetChange. */
export function recordChangeHandlers(state: Route53State) {
  return {
    /** All changes of a batch or none. */
    ChangeResourceRecordSets(
      input: Decoded<ChangeResourceRecordSetsRequest>,
      request: RequestContext,
    ): ChangeResourceRecordSetsResponse {
      const zone = findZone(state, request, input.HostedZoneId);
      const changes = (input.ChangeBatch.Changes ?? []).map(readChange);
      if (changes.length === 0) throw invalidInput('A change batch needs at least one change.');
      const records = changes.reduce(
        (sum, { action, record }) =>
          sum + Math.max(1, record.ResourceRecords?.length ?? 0) * (action === 'UPSERT' ? 2 : 1),
        0,
      );
      if (records > recordLimit)
        throw invalidChangeBatch([`Number of records limit of ${recordLimit} exceeded.`]);
      const after = new Map(zone.records);
      const problems = repeated(changes);
      for (const change of changes) problems.push(...applyTo(after, zone, change));
      if (problems.length === 0) problems.push(...zoneProblems(after, zone));
      if (problems.length > 0) throw invalidChangeBatch(problems);
      zone.records.clear();
      for (const [key, record] of after) zone.records.set(key, record);
      return { ChangeInfo: changeInfo(state.submit(request, input.ChangeBatch.Comment), request.now) };
    },

    GetChange(input: Decoded<GetChangeRequest>, request: RequestContext): GetChangeResponse {
      const change = state.changes.get(bareId(input.Id));
      if (change?.owner !== request.caller.account) throw noSuchChange(bareId(input.Id));
      return { ChangeInfo: changeInfo(change, request.now) };
    },
  } satisfies Record<string, AnyHandler>;
}

interface WantedChange {
  readonly action: string;
  readonly record: RecordSet;
}

function readChange({ Action, ResourceRecordSet: given }: Change): WantedChange {
  const action: string = Action ?? '';
  if (!actions.includes(action))
    throw invalidInput(
      `Value '${action}' at 'changeBatch.changes.1.member.action' failed to satisfy constraint: Member must satisfy enum value set: [${actions.join(', ')}]`,
    );
  const { Name = '', Type = '', ...rest } = given ?? {};
  const record: RecordSet = { ...rest, Name: normalName(Name), Type };
  const plain = record.TTL !== undefined && (record.ResourceRecords?.length ?? 0) > 0;
  const kinds = [record.AliasTarget !== undefined, plain, record.TrafficPolicyInstanceId !== undefined];
  const found = kinds.filter(Boolean).length;
  if (found !== 1) {
    throw invalidInput(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${found === 0 ? 'none' : 'more than one'} in Change with [Action=${action}, Name=${record.Name}, Type=${Type}, SetIdentifier=${record.SetIdentifier ?? 'null'}]`,
    );
  }
  if (record.TTL !== undefined && (record.TTL < 0 || record.TTL > 2_147_483_647))
    throw invalidInput(`Invalid TTL ${record.TTL}: it must be between 0 and 2147483647.`);
  return { action, record };
}

/** One name, type and identifier may be changed once in a batch; DELETE followed by CREATE is a replacement. */
function repeated(changes: readonly WantedChange[]): string[] {
  const seen = new Map<string, string[]>();
  for (const { action, record } of changes) {
    const key = recordKey(record);
    seen.set(key, [...(seen.get(key) ?? []), action]);
  }
  return [...seen]
    .filter(([, list]) => list.length > 1 && list.join() !== 'DELETE,CREATE')
    .map(([key]) => {
      const [name, type] = key.split('|');
      return `The request contains an invalid set of changes for a resource record set '${type} ${name}'`;
    });
}

function applyTo(records: Map<string, RecordSet>, zone: Zone, { action, record }: WantedChange): string[] {
  const key = recordKey(record);
  const shown = `resource record set [name='${record.Name}', type='${record.Type}'${record.SetIdentifier === undefined ? '' : `, set identifier='${record.SetIdentifier}'`}]`;
  const existing = records.get(key);
  if (action === 'DELETE') {
    if (!existing) return [`Tried to delete ${shown} but it was not found`];
    if (canonical(existing) !== canonical(record))
      return [`Tried to delete ${shown} but the values provided do not match the current values`];
    records.delete(key);
    return [];
  }
  if (!isWithin(record.Name, zone.name))
    return [`RRSet with DNS name ${record.Name} is not permitted in zone ${zone.name}`];
  if (action === 'CREATE' && existing) return [`Tried to create ${shown} but it already exists`];
  const problems = valueProblems(record);
  if (problems.length === 0) records.set(key, record);
  return problems;
}

/** What may not stand beside each other in a zone, judged on the outcome of the whole batch. */
function zoneProblems(records: ReadonlyMap<string, RecordSet>, zone: Zone): string[] {
  const problems: string[] = [];
  for (const type of ['NS', 'SOA'])
    if (!records.has(recordKey({ Name: zone.name, Type: type })))
      problems.push(
        type === 'NS'
          ? 'A HostedZone must contain at least one NS record for the zone itself.'
          : 'A HostedZone must contain exactly one SOA record.',
      );
  const byName = new Map<string, RecordSet[]>();
  for (const record of records.values())
    byName.set(record.Name, [...(byName.get(record.Name) ?? []), record]);
  for (const [name, sharing] of byName) {
    const alias = sharing.find(({ Type }) => Type === 'CNAME');
    const other = sharing.find(({ Type }) => Type !== 'CNAME');
    if (alias && name === zone.name)
      problems.push(
        `RRSet of type CNAME with DNS name ${name} is not permitted at apex in zone ${zone.name}`,
      );
    else if (alias && other)
      problems.push(
        `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
      );
    for (const record of sharing) {
      const rival = sharing.find(
        ({ Type, SetIdentifier }) =>
          Type === record.Type && SetIdentifier !== undefined && record.SetIdentifier === undefined,
      );
      if (rival)
        problems.push(
          `RRSet with DNS name ${name}, type ${record.Type}, SetIdentifier ${rival.SetIdentifier} cannot be created as another RRSet exists with the same name and type, but without a SetIdentifier`,
        );
    }
  }
  return problems;
}

/** Equal for record sets that mean the same, whatever the order of their values. */
const canonical = ({ ResourceRecords, AliasTarget, ...rest }: RecordSet): string =>
  JSON.stringify([
    Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)),
    (ResourceRecords ?? []).map(({ Value }) => Value).sort(),
    AliasTarget
      ? [AliasTarget.HostedZoneId, normalName(AliasTarget.DNSName ?? ''), AliasTarget.EvaluateTargetHealth]
      : [],
  ]);
