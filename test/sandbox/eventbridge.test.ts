import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createEventBridge, type EventBridge } from '../../sandbox/services/eventbridge/service.ts';
import { codeOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const place = { account: DEFAULT_IDENTITY.account, region: 'eu-west-1' };
let sandbox: StartedSandbox;
let eventbridge: EventBridge;
let client: EventBridgeClient;

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    eventbridge = createEventBridge(world);
    return [eventbridge.service];
  });
  client = new EventBridgeClient(sandbox.clientConfig);
});
afterAll(() => sandbox.close());

const entry = (more: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
  Source: 'snapkeep',
  DetailType: 'Snapkeep Backup Completed',
  Detail: '{"plan":"ci"}',
  ...more,
});
const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));
const kept = () => eventbridge.events(place);

test('an event of the default bus is kept as a rule would see it', async () => {
  const Time = new Date('2026-11-20T02:00:00Z');
  const { FailedEntryCount, Entries } = await put(entry({ Time, Resources: ['arn:aws:s3:::vault'] }));
  expect(FailedEntryCount).toBe(0);
  expect(kept()).toEqual([
    {
      id: Entries?.[0]?.EventId,
      source: 'snapkeep',
      detailType: 'Snapkeep Backup Completed',
      detail: { plan: 'ci' },
      resources: ['arn:aws:s3:::vault'],
      ...place,
      time: Time.getTime(),
    },
  ]);
});

test('the default bus has two names and an ARN; what goes to another bus is accepted and reaches nobody', async () => {
  const before = kept().length;
  const arn = (name: string) => `arn:aws:events:eu-west-1:${place.account}:event-bus/${name}`;
  const names = ['default', arn('default'), 'other', arn('other')];
  const { FailedEntryCount } = await put(...names.map((EventBusName) => entry({ EventBusName })));
  expect(FailedEntryCount).toBe(0);
  expect(kept()).toHaveLength(before + 2);
});

test.each([
  ['no source', { Source: undefined }, 'InvalidArgument', 'Parameter Source is not valid.'],
  ['an empty detail type', { DetailType: '' }, 'InvalidArgument', 'Parameter DetailType is not valid.'],
  ['a long detail type', { DetailType: 'x'.repeat(129) }, 'InvalidArgument', 'at most 128 characters'],
  ['no detail', { Detail: undefined }, 'InvalidArgument', 'Detail is a required argument.'],
  ['a detail that is no JSON', { Detail: '{' }, 'MalformedDetail', 'Detail is malformed.'],
  ['a detail that is no object', { Detail: '[1]' }, 'MalformedDetail', 'Detail is malformed.'],
  ['a source of AWS', { Source: 'aws.ec2' }, 'NotAuthorizedForSourceException', 'Not authorized'],
])('an entry with %s fails alone', async (_what, wrong, code, message) => {
  const before = kept().length;
  const { FailedEntryCount, Entries = [] } = await put(entry(), entry(wrong), entry());
  expect(FailedEntryCount).toBe(1);
  expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([undefined, code, undefined]);
  expect(Entries[1]?.ErrorMessage).toContain(message);
  expect(kept()).toHaveLength(before + 2);
});

test('a request has one to ten entries', async () => {
  expect(await codeOf(put())).toBe('ValidationException 400');
  await expect(put()).rejects.toThrow("Value '[]' at 'entries' failed to satisfy constraint");
  expect(await codeOf(put(...Array.from({ length: 11 }, () => entry())))).toBe('ValidationException 400');
  expect((await put(...Array.from({ length: 10 }, () => entry()))).FailedEntryCount).toBe(0);
});

test('the entries of a request have 1 MiB together, counted as documented', async () => {
  const fixed = 'snapkeep'.length + 'Snapkeep Backup Completed'.length + '{"x":""}'.length;
  const filled = (bytes: number) => entry({ Detail: `{"x":"${'y'.repeat(bytes - fixed)}"}` });
  const limit = 1024 * 1024;
  expect((await put(filled(limit))).FailedEntryCount).toBe(0);
  expect(await codeOf(put(filled(limit + 1)))).toBe('ValidationException 400');
  expect(await codeOf(put(filled(limit / 2), filled(limit / 2), entry()))).toBe('ValidationException 400');
  const Time = new Date();
  expect(await codeOf(put({ ...filled(limit - 13), Time }))).toBe('ValidationException 400');
  expect((await put({ ...filled(limit - 14), Time })).FailedEntryCount).toBe(0);
});
