import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createSns, type Sns } from '../../sandbox/services/sns/service.ts';
import { codeOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const place = { account: DEFAULT_IDENTITY.account, region: 'eu-west-1' };
let sandbox: StartedSandbox;
let sns: Sns;
let client: SNSClient;

beforeAll(async () => {
  sandbox = await startSandbox((world) => {
    sns = createSns(world);
    return [sns.service];
  });
  client = new SNSClient(sandbox.clientConfig);
});
afterAll(() => sandbox.close());

const create = async (Name: string, more: object = {}) =>
  (await client.send(new CreateTopicCommand({ Name, ...more }))).TopicArn ?? '';
const publish = (TopicArn: string | undefined, more: object = {}) =>
  client.send(new PublishCommand({ TopicArn, Message: 'done', ...more }));

test('a topic is made once, and the same request gives the same topic', async () => {
  const arn = await create('alarms', { Attributes: { DisplayName: 'Snapkeep' } });
  expect(arn).toBe(`arn:aws:sns:eu-west-1:${place.account}:alarms`);
  expect(await create('alarms')).toBe(arn);
  expect(await codeOf(create('alarms', { Attributes: { DisplayName: 'Other' } }))).toBe(
    'InvalidParameterException 400',
  );
  expect(await codeOf(create('no good'))).toBe('InvalidParameterException 400');
});

test('what is published is recorded with subject and attributes', async () => {
  const arn = sns.seedTopic(place, 'reports');
  const { MessageId } = await publish(arn, {
    Subject: 'Backup done',
    Message: '{"plan":"ci"}\n& <more>',
    MessageAttributes: { plan: { DataType: 'String', StringValue: 'ci' } },
  });
  expect(sns.messages(arn)).toMatchObject([
    {
      id: MessageId,
      subject: 'Backup done',
      message: '{"plan":"ci"}\n& <more>',
      attributes: { plan: { DataType: 'String', StringValue: 'ci' } },
    },
  ]);
});

test('what cannot be published is refused', async () => {
  const arn = sns.seedTopic(place, 'strict');
  expect(await codeOf(publish(`${arn}-missing`))).toBe('NotFoundException 404');
  expect(await codeOf(publish('strict'))).toBe('InvalidParameterException 400');
  expect(await codeOf(publish(undefined))).toBe('InvalidParameterException 400');
  expect(await codeOf(publish(arn, { Message: '' }))).toBe('InvalidParameterException 400');
  expect(await codeOf(publish(arn, { Message: 'x'.repeat(256 * 1024 + 1) }))).toBe(
    'InvalidParameterException 400',
  );
  expect(await codeOf(publish(arn, { Subject: 'two\nlines' }))).toBe('InvalidParameterException 400');
  expect(await codeOf(publish(arn, { Subject: 'x'.repeat(101) }))).toBe('InvalidParameterException 400');
  expect(await codeOf(publish(arn, { MessageStructure: 'json', Message: '{"email":"x"}' }))).toBe(
    'InvalidParameterException 400',
  );
  expect(sns.messages(arn)).toEqual([]);
});

test('people must confirm a subscription, queues need not', async () => {
  const TopicArn = sns.seedTopic(place, 'subscribed');
  const subscribe = (Protocol: string, Endpoint: string) =>
    client.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
  expect((await subscribe('email', 'ops@example.com')).SubscriptionArn).toBe('pending confirmation');
  const queue = await subscribe('sqs', `arn:aws:sqs:eu-west-1:${place.account}:q`);
  expect(queue.SubscriptionArn).toMatch(new RegExp(`^${TopicArn}:[0-9a-f-]{36}$`));
  expect(await codeOf(subscribe('email', 'nobody'))).toBe('InvalidParameterException 400');
  expect(await codeOf(subscribe('pigeon', 'coop'))).toBe('InvalidParameterException 400');
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
  expect(Attributes).toMatchObject({
    SubscriptionsConfirmed: '1',
    SubscriptionsPending: '1',
    Owner: place.account,
  });
  const { Subscriptions } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(Subscriptions?.map(({ SubscriptionArn }) => SubscriptionArn)).toEqual([
    'PendingConfirmation',
    queue.SubscriptionArn,
  ]);
  await client.send(new UnsubscribeCommand({ SubscriptionArn: queue.SubscriptionArn }));
  expect(sns.subscriptions(TopicArn)).toHaveLength(1);
});

test('topics are listed in pages of a hundred, and can be deleted twice', async () => {
  for (let index = 0; index < 105; index++) sns.seedTopic({ ...place, region: 'eu-north-1' }, `t${index}`);
  const northern = new SNSClient({ ...sandbox.clientConfig, region: 'eu-north-1' });
  const first = await northern.send(new ListTopicsCommand({}));
  const second = await northern.send(new ListTopicsCommand({ NextToken: first.NextToken }));
  expect([first.Topics?.length, second.Topics?.length, second.NextToken]).toEqual([100, 5, undefined]);
  const TopicArn = first.Topics?.[0]?.TopicArn;
  await northern.send(new DeleteTopicCommand({ TopicArn }));
  await northern.send(new DeleteTopicCommand({ TopicArn }));
  expect(await codeOf(northern.send(new GetTopicAttributesCommand({ TopicArn })))).toBe(
    'NotFoundException 404',
  );
});

test('attributes can be set', async () => {
  const TopicArn = sns.seedTopic(place, 'named');
  const set = (AttributeName: string, AttributeValue: string) =>
    client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName, AttributeValue }));
  await set('DisplayName', 'Ops');
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
  expect(Attributes?.DisplayName).toBe('Ops');
  expect(await codeOf(set('Owner', 'me'))).toBe('InvalidParameterException 400');
});
