import * as sns from '@aws-sdk/client-sns';
import type { Service } from '../../service.ts';
import type { World } from '../../world.ts';
import { publishHandlers } from './publish.ts';
import { type Message, type Place, SnsState, type Subscription, type Topic } from './state.ts';
import { subscriptionHandlers } from './subscriptions.ts';
import { topicHandlers } from './topics.ts';

export interface Sns {
  readonly service: Service;
  /** Makes a topic without a request and returns its ARN; one that is there stays as it is. */
  seedTopic(place: Place, name: string): string;
  /** What was published to a topic, oldest first. At most the last 10,000 messages are kept. */
  messages(topicArn: string): readonly Message[];
  /** What was published to all topics, oldest first. */
  published(): readonly Published[];
  subscriptions(topicArn: string): readonly Subscription[];
  topic(topicArn: string): Topic | undefined;
}

export type Published = Message & { readonly topic: string };

/** Amazon Simple Notification Service. Messages are recorded and go nowhere. */
export function createSns(world: World): Sns {
  const state = new SnsState(world);
  return {
    service: {
      signingName: 'sns',
      protocol: 'awsQuery',
      clientPackage: sns,
      xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
      handlers: { ...topicHandlers(state), ...subscriptionHandlers(state), ...publishHandlers(state) },
    },
    seedTopic: (place, name) => (state.topicNamed(place, name) ?? state.create(place, name, {}, [])).arn,
    messages: (arn) => state.topics.get(arn)?.messages ?? [],
    published: () =>
      [...state.topics.values()]
        .flatMap(({ arn: topic, messages }) => messages.map((message) => ({ topic, ...message })))
        .toSorted((a, b) => a.publishedAt - b.publishedAt),
    subscriptions: (arn) => [...(state.topics.get(arn)?.subscriptions.values() ?? [])],
    topic: (arn) => state.topics.get(arn),
  };
}
