import {
  type Address,
  DescribeAddressesCommand,
  DescribeInstanceAttributeCommand,
  type EC2Client,
  type Filter,
  type Instance,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import pLimit from 'p-limit';
import type { MissingSource } from '../../catalog/documents.ts';
import type { SourceSelection } from '../../plan/config.ts';
import type { DiscoveredSource, DiscoverRequest, Discovery } from '../driver.ts';
import { relaunchOf } from './relaunch.ts';

type Ec2Selection = Extract<SourceSelection, { kind: 'ec2' }>;

/** DescribeInstances takes at most 200 values of one filter. */
const filterValueLimit = 200;
/** An instance is 6 KB of XML and many times that while it is read, so large pages make the peak of the memory. */
const pageSize = 200;
const goneStates = new Set<string | undefined>(['terminated', 'shutting-down']);

export async function discoverInstances(
  ec2: EC2Client,
  region: string,
  request: DiscoverRequest,
): Promise<Discovery> {
  const selections = request.selections.filter(
    (selection): selection is Ec2Selection => selection.kind === 'ec2',
  );
  if (selections.length === 0) return { sources: [], missing: [] };

  const found = new Map<string, DiscoveredSource>();
  const gone = new Map<string, string>();
  let addresses: ReadonlyMap<string, Address> | undefined;
  // Page by page: of an instance only what a relaunch needs is kept.
  for await (const page of sweep(ec2, selections)) {
    if (page.some(hasElasticIp)) addresses ??= await addressesByIp(ec2);
    for (const instance of page) {
      const id = instance.InstanceId;
      const selection = selections.find((candidate) => matches(candidate, instance));
      if (id === undefined || selection === undefined) continue;
      if (goneStates.has(instance.State?.Name)) gone.set(id, `the instance is ${instance.State?.Name}`);
      else
        found.set(id, {
          source: { kind: 'ec2', id, region },
          relaunch: relaunchOf(instance, addresses ?? new Map()),
          reboot: selection.reboot,
        });
    }
  }
  const userData = request.withApplication ? await userDataOf(ec2, [...found.keys()]) : undefined;
  const sources = [...found.values()].map((source) =>
    userData === undefined
      ? source
      : { ...source, relaunch: { ...source.relaunch, user_data: userData.get(source.source.id) } },
  );
  sources.sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
  return { sources, missing: missingOf(selections, found, gone, region) };
}

/** The pages of one sweep, narrowed by filters where a single selection allows it. */
async function* sweep(ec2: EC2Client, selections: readonly Ec2Selection[]): AsyncGenerator<Instance[]> {
  const filters = filtersOf(selections);
  const input = filters.length > 0 ? { Filters: filters } : {};
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize }, input)) {
    yield (page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
  }
}

function filtersOf(selections: readonly Ec2Selection[]): Filter[] {
  const [only] = selections;
  if (selections.length !== 1 || only === undefined) return [];
  if ('tags' in only.select) {
    return Object.entries(only.select.tags).map(([key, value]) => ({
      Name: `tag:${key}`,
      Values: [literalFilterValue(value)],
    }));
  }
  // As a filter, not as InstanceIds: one unknown id would fail the whole call.
  return only.select.ids.length <= filterValueLimit
    ? [{ Name: 'instance-id', Values: [...only.select.ids] }]
    : [];
}

/** Filter values know wildcards; a tag value that holds one means the character itself. */
export const literalFilterValue = (value: string): string =>
  value.replace(/[\\*?]/g, (character) => `\\${character}`);

function matches({ select }: Ec2Selection, instance: Instance): boolean {
  if ('ids' in select) return select.ids.includes(instance.InstanceId ?? '');
  return Object.entries(select.tags).every(([key, value]) =>
    (instance.Tags ?? []).some((tag) => tag.Key === key && tag.Value === value),
  );
}

/** Only what the plan names one by one can be missed; a tag selects whatever there is. */
function missingOf(
  selections: readonly Ec2Selection[],
  found: ReadonlyMap<string, unknown>,
  gone: ReadonlyMap<string, string>,
  region: string,
): MissingSource[] {
  const named = new Set(selections.flatMap(({ select }) => ('ids' in select ? select.ids : [])));
  return [...named]
    .filter((id) => !found.has(id))
    .sort()
    .map((id) => ({
      source: { kind: 'ec2', id, region },
      reason: gone.get(id) ?? `no instance ${id} exists in ${region}`,
    }));
}

const hasElasticIp = ({ NetworkInterfaces = [] }: Instance): boolean =>
  NetworkInterfaces.some(
    ({ Association }) => Association?.IpOwnerId !== undefined && Association.IpOwnerId !== 'amazon',
  );

/** Allocations of the Elastic IPs, by public address. DescribeInstances tells the address, not its allocation. */
async function addressesByIp(ec2: EC2Client): Promise<Map<string, Address>> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  return new Map(Addresses.map((address) => [address.PublicIp ?? '', address]));
}

/** Whether user data exists; what it says may hold secrets and is nobody's business here. */
async function userDataOf(ec2: EC2Client, ids: readonly string[]): Promise<Map<string, boolean>> {
  const limit = pLimit(10);
  const answers = ids.map((InstanceId) =>
    limit(async () => {
      const command = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' });
      const { UserData } = await ec2.send(command);
      return [InstanceId, Boolean(UserData?.Value)] as const;
    }),
  );
  return new Map(await Promise.all(answers));
}
