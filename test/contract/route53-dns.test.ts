import { ChangeResourceRecordSetsCommand, type ResourceRecordSet } from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Dns } from '../../functions/applications/dns-port.ts';
import { createRoute53Dns } from '../../functions/applications/route53-dns.ts';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { account, type Cloud, startCloud } from '../support/cloud.ts';
import { startRestoringClients } from '../support/restorer-world.ts';

let cloud: Cloud;
let clients: AwsClients;
let dns: Dns;
let zoneId: string;
beforeAll(async () => {
  cloud = await startCloud({ snapshotSeconds: 30 });
  clients = startRestoringClients(cloud);
  dns = createRoute53Dns({ route53: clients.route53 });
});
beforeEach(() => {
  zoneId = cloud.sandbox.route53.seedZone({ account, name: 'example.com' });
});
afterAll(async () => {
  clients.destroy();
  await cloud.close();
});

const record = (change: object = {}) => ({
  zoneId,
  name: 'ci.example.com',
  ttlSeconds: 60,
  address: '198.51.100.77',
  ...change,
});
const put = (set: ResourceRecordSet) =>
  clients.route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zoneId,
      ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet: set }] },
    }),
  );

it('a name is made, replaced and read, and the change is in sync after a while', async () => {
  expect(await dns.check(record())).toEqual([]);
  expect(await dns.read(record())).toBeUndefined();
  await dns.upsert(record({ address: '203.0.113.20', ttlSeconds: 300 }));
  expect(await dns.read(record())).toEqual({ values: ['203.0.113.20'], ttlSeconds: 300 });
  expect(await dns.check(record())).toEqual([]);
  const { changeId } = await dns.upsert(record());
  await dns.upsert(record());
  expect(await dns.read(record({ name: 'CI.example.com' }))).toEqual({
    values: ['198.51.100.77'],
    ttlSeconds: 60,
  });
  expect(await dns.isInSync(changeId)).toBe(false);
  cloud.clock.advance(31_000);
  expect(await dns.isInSync(changeId)).toBe(true);
});

it('a name of the zone itself and a wildcard can be set', async () => {
  for (const name of ['example.com', '*.example.com']) {
    expect(await dns.check(record({ name }))).toEqual([]);
    await dns.upsert(record({ name }));
    expect((await dns.read(record({ name })))?.values).toEqual(['198.51.100.77']);
  }
});

it('records of other types beside it do no harm', async () => {
  await put({ Name: 'ci.example.com', Type: 'TXT', TTL: 60, ResourceRecords: [{ Value: '"x"' }] });
  expect(await dns.check(record())).toEqual([]);
});

const taken: readonly (readonly [string, ResourceRecordSet, string])[] = [
  [
    'an alias of another name',
    { Name: 'ci.example.com', Type: 'CNAME', TTL: 60, ResourceRecords: [{ Value: 'lb.example.net' }] },
    'lb.example.net',
  ],
  [
    'a load balancer',
    {
      Name: 'ci.example.com',
      Type: 'A',
      AliasTarget: {
        HostedZoneId: 'Z32O12XQLNTSW2',
        DNSName: 'lb.amazonaws.com',
        EvaluateTargetHealth: false,
      },
    },
    'lb.amazonaws.com',
  ],
  [
    'a routing policy',
    {
      Name: 'ci.example.com',
      Type: 'A',
      SetIdentifier: 'blue',
      Weight: 1,
      TTL: 60,
      ResourceRecords: [{ Value: '192.0.2.1' }],
    },
    'blue',
  ],
];
it.each(taken)('a name that is held by %s is left alone', async (_, set, words) => {
  await put(set);
  expect(await dns.check(record())).toEqual([expect.stringContaining(words)]);
});

it('what cannot be is refused with a sentence', async () => {
  expect(await dns.check(record({ zoneId: 'Z0NOBODY' }))).toEqual([expect.stringContaining('Z0NOBODY')]);
  expect(await dns.check(record({ name: 'ci.example.org' }))).toEqual([
    expect.stringContaining('does not lie in the hosted zone'),
  ]);
  expect(await dns.check(record({ name: 'badexample.com' }))).toHaveLength(1);
  expect(await dns.check(record({ ttlSeconds: -1 }))).toEqual([expect.stringContaining('TTL')]);
  await expect(dns.upsert(record({ address: 'nowhere' }))).rejects.toMatchObject({
    name: 'SnapkeepError',
    message: expect.stringContaining('nowhere'),
  });
  await expect(dns.upsert(record({ zoneId: 'Z0NOBODY' }))).rejects.toThrow('Z0NOBODY');
});

it('the description is the call', async () => {
  const call = dns.describe(record());
  expect(call).toMatchObject({ service: 'route53', action: 'ChangeResourceRecordSets' });
  expect(JSON.stringify(call.parameters)).toContain('"UPSERT"');
  expect(JSON.stringify(call.parameters)).toContain('198.51.100.77');
});
