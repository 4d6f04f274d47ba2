import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  paginateListHostedZones,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRoute53, type Route53 } from '../../sandbox/services/route53/service.ts';
import { World } from '../../sandbox/world.ts';
import { codeOf, refusalOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

let now = Date.parse('2026-11-20T02:00:00Z');
let sandbox: StartedSandbox;
let route53: Route53;
let client: Route53Client;
let zone: string;

beforeAll(async () => {
  const world = new World({ clock: { now: () => now } });
  sandbox = await startSandbox(
    (shared) => {
      route53 = createRoute53(shared, { propagationSeconds: 30 });
      return [route53.service];
    },
    { world },
  );
  client = new Route53Client(sandbox.clientConfig);
  const made = await client.send(
    new CreateHostedZoneCommand({ Name: 'Example.com', CallerReference: 'one' }),
  );
  zone = made.HostedZone?.Id ?? '';
});
afterAll(() => sandbox.close());

const a = (Name: string, Value: string, TTL = 60): ResourceRecordSet => ({
  Name,
  Type: 'A',
  TTL,
  ResourceRecords: [{ Value }],
});
const change = (...changes: readonly (readonly ['CREATE' | 'DELETE' | 'UPSERT', ResourceRecordSet])[]) =>
  client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: {
        Changes: changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet })),
      },
    }),
  );
const records = async (more: object = {}) =>
  await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, ...more }));
const refusal = async (call: Promise<unknown>): Promise<string> => {
  const { name, message } = await refusalOf(call);
  return `${name}: ${message}`;
};

describe('hosted zones', () => {
  it('have a normal name, name servers and the records that every zone has', async () => {
    const { HostedZone, DelegationSet } = await client.send(new GetHostedZoneCommand({ Id: zone }));
    expect(HostedZone).toMatchObject({
      Id: expect.stringMatching(/^\/hostedzone\/Z[0-9A-Z]+$/),
      Name: 'example.com.',
      CallerReference: 'one',
      Config: { PrivateZone: false },
      ResourceRecordSetCount: 2,
    });
    expect(DelegationSet?.NameServers).toHaveLength(4);
    const { ResourceRecordSets = [] } = await records();
    expect(ResourceRecordSets.slice(0, 2).map(({ Type, TTL }) => [Type, TTL])).toEqual([
      ['NS', 172_800],
      ['SOA', 900],
    ]);
  });

  it('are made once per caller reference', async () => {
    const again = new CreateHostedZoneCommand({ Name: 'example.com', CallerReference: 'one' });
    expect(await codeOf(client.send(again))).toBe('HostedZoneAlreadyExists 409');
  });

  it('that are private name a network', async () => {
    const wanted = {
      Name: 'corp.internal',
      CallerReference: 'private',
      HostedZoneConfig: { PrivateZone: true },
    };
    expect(await codeOf(client.send(new CreateHostedZoneCommand(wanted)))).toBe('InvalidInput 400');
    const VPC = { VPCId: 'vpc-0a', VPCRegion: 'eu-west-1' as const };
    const { HostedZone } = await client.send(new CreateHostedZoneCommand({ ...wanted, VPC }));
    expect(HostedZone?.Config?.PrivateZone).toBe(true);
    const shown = await client.send(new GetHostedZoneCommand({ Id: HostedZone?.Id }));
    expect(shown.VPCs).toEqual([VPC]);
  });

  it('are listed in pages, and by name with the labels read backwards', async () => {
    for (const name of ['zebra.org', 'a.zebra.org', 'b.example.net'])
      route53.seedZone({ account: sandbox.clientConfig.credentials.account, name });
    const ids: (string | undefined)[] = [];
    for await (const page of paginateListHostedZones({ client, pageSize: 2 }, {}))
      ids.push(...(page.HostedZones ?? []).map(({ Id }) => Id));
    expect(new Set(ids).size).toBe(5);
    expect(ids).toHaveLength(5);
    const named = await client.send(
      new ListHostedZonesByNameCommand({ DNSName: 'example.net', MaxItems: 2 }),
    );
    expect(named.HostedZones?.map(({ Name }) => Name)).toEqual(['b.example.net.', 'zebra.org.']);
    expect(named).toMatchObject({ IsTruncated: true, NextDNSName: 'a.zebra.org.' });
  });

  it('of nobody, of another account and with foreign records are refused', async () => {
    expect(await codeOf(client.send(new GetHostedZoneCommand({ Id: 'Z0NOBODY' })))).toBe(
      'NoSuchHostedZone 404',
    );
    const foreign = route53.seedZone({ account: '210987654321', name: 'foreign.org' });
    expect(await codeOf(client.send(new GetHostedZoneCommand({ Id: foreign })))).toBe('NoSuchHostedZone 404');
    const { HostedZones = [] } = await client.send(new ListHostedZonesCommand({}));
    expect(HostedZones.map(({ Name }) => Name)).not.toContain('foreign.org.');
    const full = route53.seedZone({
      account: sandbox.clientConfig.credentials.account,
      name: 'full.org',
      records: [{ name: 'www.full.org', type: 'A', ttl: 60, values: ['192.0.2.1'] }],
    });
    expect(await codeOf(client.send(new DeleteHostedZoneCommand({ Id: full })))).toBe(
      'HostedZoneNotEmpty 400',
    );
  });
});

describe('record sets', () => {
  it('are created once, replaced by UPSERT and deleted with the very values they have', async () => {
    await change(['CREATE', a('CI.example.com', '198.51.100.7')]);
    expect(await refusal(change(['CREATE', a('ci.example.com', '198.51.100.8')]))).toBe(
      "InvalidChangeBatch: [Tried to create resource record set [name='ci.example.com.', type='A'] but it already exists]",
    );
    await change(['UPSERT', a('ci.example.com', '198.51.100.8', 300)]);
    expect(route53.records(zone.split('/')[2] ?? '', 'ci.example.com')).toEqual([
      a('ci.example.com.', '198.51.100.8', 300),
    ]);
    expect(await refusal(change(['DELETE', a('ci.example.com', '198.51.100.7', 300)]))).toContain(
      'the values provided do not match the current values',
    );
    await change(['DELETE', a('ci.example.com', '198.51.100.8', 300)]);
    expect(await refusal(change(['DELETE', a('ci.example.com', '198.51.100.8', 300)]))).toContain(
      'but it was not found',
    );
  });

  it('are PENDING for a while and then INSYNC', async () => {
    const { ChangeInfo } = await change(['UPSERT', a('slow.example.com', '192.0.2.1')]);
    expect(ChangeInfo?.Status).toBe('PENDING');
    const status = async () =>
      (await client.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status;
    now += 29_000;
    expect(await status()).toBe('PENDING');
    now += 1000;
    expect(await status()).toBe('INSYNC');
    expect(await codeOf(client.send(new GetChangeCommand({ Id: 'C0NOBODY' })))).toBe('NoSuchChange 404');
  });

  it('change all together or not at all', async () => {
    const before = await records();
    const batch = change(
      ['UPSERT', a('one.example.com', '192.0.2.1')],
      ['UPSERT', a('two.example.com', '999.0.2.1')],
    );
    expect(await refusal(batch)).toContain('Value is not a valid IPv4 address');
    expect((await records()).ResourceRecordSets).toEqual(before.ResourceRecordSets);
  });

  it.each([
    ['outside of the zone', a('ci.example.org', '192.0.2.1'), 'is not permitted in zone example.com.'],
    [
      'of type CNAME beside another',
      { Name: 'slow.example.com', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'x.example.org' }] },
      'conflicts with other records',
    ],
    [
      'of type CNAME at the apex',
      { Name: 'example.com', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'x.example.org' }] },
      'not permitted at apex',
    ],
    [
      'without values',
      { Name: 'no.example.com', Type: 'A', TTL: 60 },
      'InvalidInput: Invalid request: Expected',
    ],
    ['twice in a batch', a('slow.example.com', '192.0.2.2'), 'invalid set of changes'],
  ] satisfies [string, ResourceRecordSet, string][])('%s are refused', async (name, record, message) => {
    const twice = name === 'twice in a batch' ? ([['UPSERT', record]] as const) : [];
    expect(await refusal(change(['UPSERT', record], ...twice))).toContain(message);
  });

  it('of the zone itself stay', async () => {
    const { ResourceRecordSets = [] } = await records({ MaxItems: 2 });
    const [ns, soa] = ResourceRecordSets;
    for (const record of [ns, soa])
      expect(await refusal(record ? change(['DELETE', record]) : Promise.resolve())).toMatch(
        /must contain (at least one NS|exactly one SOA)/,
      );
  });

  it('are listed in order and in pages, from a name and a type on', async () => {
    await change(
      ['UPSERT', a('*.example.com', '192.0.2.9')],
      [
        'UPSERT',
        { Name: 'mail.example.com', Type: 'MX', TTL: 60, ResourceRecords: [{ Value: '10 mx.example.com' }] },
      ],
      [
        'UPSERT',
        { Name: 'mail.example.com', Type: 'TXT', TTL: 60, ResourceRecords: [{ Value: '"v=spf1 -all"' }] },
      ],
    );
    const names: string[] = [];
    let from: object | undefined = {};
    while (from) {
      const page = await records({ MaxItems: 2, ...from });
      names.push(...(page.ResourceRecordSets ?? []).map(({ Name, Type }) => `${Name} ${Type}`));
      from = page.IsTruncated
        ? { StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType }
        : undefined;
    }
    expect(names).toEqual([
      'example.com. NS',
      'example.com. SOA',
      '\\052.example.com. A',
      'mail.example.com. MX',
      'mail.example.com. TXT',
      'slow.example.com. A',
    ]);
    const start = await records({ StartRecordName: 'mail.example.com', StartRecordType: 'TXT', MaxItems: 1 });
    expect(start.ResourceRecordSets?.map(({ Type }) => Type)).toEqual(['TXT']);
    expect(await codeOf(records({ StartRecordType: 'A' }))).toBe('InvalidInput 400');
  });

  it('by weight share a name, each under its identifier', async () => {
    const weighted = (id: string, Weight: number): ResourceRecordSet => ({
      ...a('w.example.com', '192.0.2.5'),
      SetIdentifier: id,
      Weight,
    });
    await change(['UPSERT', weighted('blue', 1)], ['UPSERT', weighted('green', 2)]);
    expect(route53.records(zone.split('/')[2] ?? '', 'w.example.com')).toHaveLength(2);
    expect(await refusal(change(['UPSERT', a('w.example.com', '192.0.2.6')]))).toContain('SetIdentifier');
  });
});

it('a request without a signature, or with keys that nobody has, is refused in the form of the service', async () => {
  const unsigned = await fetch(`${sandbox.clientConfig.endpoint}/2013-04-01/hostedzone`);
  expect(unsigned.status).toBe(403);
  expect(await unsigned.text()).toMatch(
    /<ErrorResponse><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code>/,
  );
  const stranger = new Route53Client({
    ...sandbox.clientConfig,
    credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' },
  });
  expect(await codeOf(stranger.send(new ListHostedZonesCommand({})))).toBe('InvalidClientTokenId 403');
});
