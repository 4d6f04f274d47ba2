import type {
  ListSubscriptionsByTopicInput,
  ListSubscriptionsByTopicResponse,
  ListSubscriptionsInput,
  ListSubscriptionsResponse,
  SubscribeInput,
  SubscribeResponse,
  UnsubscribeInput,
} from '@aws-sdk/client-sns';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { invalidParameter, pageOf, type SnsState, type Subscription, type Topic } from './state.ts';
import { placeOf } from './topics.ts';

/** What an endpoint of each protocol looks like. */
const endpoints: Readonly<Record<string, RegExp>> = {
  email: /^[^@\s]+@[^@\s]+$/,
  'email-json': /^[^@\s]+@[^@\s]+$/,
  http: /^http:\/\//,
  https: /^https:\/\//,
  sqs: /^arn:aws[a-z-]*:sqs:/,
  lambda: /^arn:aws[a-z-]*:lambda:/,
  firehose: /^arn:aws[a-z-]*:firehose:/,
  application: /^arn:aws[a-z-]*:sns:/,
  sms: /^\+?[\d -]+$/,
};
const confirmedByOwner = ['sqs', 'lambda', 'firehose', 'application', 'sms'];

/** Subscribe, Unsubscribe, ListSubscriptionsByTopic, ListSubscriptions. */
export function subscriptionHandlers(state: SnsState) {
  return {
    Subscribe(input: Decoded<SubscribeInput>, request: RequestContext): SubscribeResponse {
      const topic = state.topic(input.TopicArn, placeOf(request));
      const pattern = Object.hasOwn(endpoints, input.Protocol) ? endpoints[input.Protocol] : undefined;
      if (!pattern) throw invalidParameter(`Does not support this protocol string: ${input.Protocol}`);
      const endpoint = input.Endpoint ?? '';
      if (!pattern.test(endpoint)) throw invalidParameter(`${input.Protocol} endpoint`);
      const existing = [...topic.subscriptions.values()].find(
        (one) => one.protocol === input.Protocol && one.endpoint === endpoint,
      );
      const subscription: Subscription = existing ?? {
        arn: `${topic.arn}:${state.id()}`,
        protocol: input.Protocol,
        endpoint,
        owner: topic.owner,
        confirmed: confirmedByOwner.includes(input.Protocol),
        attributes: { ...input.Attributes },
      };
      topic.subscriptions.set(subscription.arn, subscription);
      const shown = subscription.confirmed || input.ReturnSubscriptionArn;
      return { SubscriptionArn: shown ? subscription.arn : 'pending confirmation' };
    },

    Unsubscribe(input: Decoded<UnsubscribeInput>): object {
      if (!/^arn:aws[a-z-]*:sns:.+:[\w.-]+:[0-9a-f-]+$/.test(input.SubscriptionArn)) {
        throw invalidParameter('SubscriptionArn');
      }
      const topicArn = input.SubscriptionArn.split(':').slice(0, -1).join(':');
      state.topics.get(topicArn)?.subscriptions.delete(input.SubscriptionArn);
      return {};
    },

    ListSubscriptionsByTopic(
      input: Decoded<ListSubscriptionsByTopicInput>,
      request: RequestContext,
    ): ListSubscriptionsByTopicResponse {
      const topic = state.topic(input.TopicArn, placeOf(request));
      return list([topic], input.NextToken);
    },

    ListSubscriptions(input: ListSubscriptionsInput, request: RequestContext): ListSubscriptionsResponse {
      const own = [...state.topics.values()].filter(
        (topic) => topic.owner === request.caller.account && topic.region === request.region,
      );
      return list(own, input.NextToken);
    },
  } satisfies Record<string, AnyHandler>;
}

function list(topics: readonly Topic[], token: string | undefined): ListSubscriptionsResponse {
  const all = topics.flatMap((topic) =>
    [...topic.subscriptions.values()].map((subscription) => ({ topic, subscription })),
  );
  const { items, next } = pageOf(all, token);
  return {
    Subscriptions: items.map(({ topic, subscription }) => ({
      // As the console says it; the ARN is for those who confirmed.
      SubscriptionArn: subscription.confirmed ? subscription.arn : 'PendingConfirmation',
      Owner: subscription.owner,
      Protocol: subscription.protocol,
      Endpoint: subscription.endpoint,
      TopicArn: topic.arn,
    })),
    ...(next === undefined ? {} : { NextToken: next }),
  };
}
