import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const connection = () => ({
  endpoint: sandbox.url,
  region: sandbox.region,
  credentials: sandbox.identity,
});
const look = async (place: string): Promise<unknown> =>
  (await fetch(`${sandbox.url}/_sandbox/${place}`)).json();

test('what people are told can be looked at, topic by topic', async () => {
  expect(await look('messages')).toEqual({ messages: [] });
  const sns = new SNSClient(connection());
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'ops' }));
  await sns.send(new PublishCommand({ TopicArn, Subject: 'a backup', Message: 'is partial' }));
  await sns.send(new PublishCommand({ TopicArn, Message: 'is over' }));
  const time = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(await look('messages')).toEqual({
    messages: [
      { time, topic: TopicArn, subject: 'a backup', message: 'is partial' },
      { time, topic: TopicArn, subject: null, message: 'is over' },
    ],
  });
});

test('what was put on the event bus can be looked at, as a rule would see it', async () => {
  const eventbridge = new EventBridgeClient(connection());
  await eventbridge.send(
    new PutEventsCommand({ Entries: [{ Source: 'snapkeep', DetailType: 'x', Detail: '{"plan":"ci"}' }] }),
  );
  expect(await look('events')).toMatchObject({
    events: [{ source: 'snapkeep', detailType: 'x', detail: { plan: 'ci' }, region: sandbox.region }],
  });
});
