import type {
  CreateTopicInput,
  CreateTopicResponse,
  DeleteTopicInput,
  GetTopicAttributesInput,
  GetTopicAttributesResponse,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  ListTopicsInput,
  ListTopicsResponse,
  SetTopicAttributesInput,
} from '@aws-sdk/client-sns';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { invalidParameter, notFound, type Place, pageOf, type SnsState, type Topic } from './state.ts';

export const placeOf = (request: RequestContext): Place => ({
  account: request.caller.account,
  region: request.region,
});

/** CreateTopic, DeleteTopic, GetTopicAttributes, SetTopicAttributes, ListTopics, ListTagsForResource. */
export function topicHandlers(state: SnsState) {
  return {
    /** The same name and attributes give the existing topic. */
    CreateTopic(input: Decoded<CreateTopicInput>, request: RequestContext): CreateTopicResponse {
      const attributes = input.Attributes ?? {};
      const fifo = attributes.FifoTopic === 'true';
      const pattern = fifo ? /^[A-Za-z0-9_-]{1,251}\.fifo$/ : /^[A-Za-z0-9_-]{1,256}$/;
      if (!pattern.test(input.Name)) throw invalidParameter('Topic Name');
      const place = placeOf(request);
      const existing = state.topicNamed(place, input.Name);
      if (existing) {
        const differs = Object.entries(attributes).some(
          ([name, value]) => existing.attributes.get(name) !== value,
        );
        if (differs) {
          throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
        }
        return { TopicArn: existing.arn };
      }
      return { TopicArn: state.create(place, input.Name, attributes, input.Tags ?? []).arn };
    },

    /** Deleting what is not there succeeds. */
    DeleteTopic(input: Decoded<DeleteTopicInput>, request: RequestContext): object {
      if (state.topics.get(input.TopicArn)?.owner === request.caller.account)
        state.topics.delete(input.TopicArn);
      return {};
    },

    GetTopicAttributes(
      input: Decoded<GetTopicAttributesInput>,
      request: RequestContext,
    ): GetTopicAttributesResponse {
      return { Attributes: attributesOf(state.topic(input.TopicArn, placeOf(request))) };
    },

    SetTopicAttributes(input: Decoded<SetTopicAttributesInput>, request: RequestContext): object {
      const topic = state.topic(input.TopicArn, placeOf(request));
      const settable = [
        'Policy',
        'DisplayName',
        'DeliveryPolicy',
        'KmsMasterKeyId',
        'TracingConfig',
        'SignatureVersion',
      ];
      if (!settable.includes(input.AttributeName)) throw invalidParameter('AttributeName');
      topic.attributes.set(input.AttributeName, input.AttributeValue ?? '');
      return {};
    },

    ListTopics(input: ListTopicsInput, request: RequestContext): ListTopicsResponse {
      const own = [...state.topics.values()]
        .filter((topic) => topic.owner === request.caller.account && topic.region === request.region)
        .sort((left, right) => (left.arn < right.arn ? -1 : 1));
      const { items, next } = pageOf(own, input.NextToken);
      return {
        Topics: items.map((topic) => ({ TopicArn: topic.arn })),
        ...(next === undefined ? {} : { NextToken: next }),
      };
    },

    ListTagsForResource(
      input: Decoded<ListTagsForResourceRequest>,
      request: RequestContext,
    ): ListTagsForResourceResponse {
      const topic = state.topics.get(input.ResourceArn);
      if (topic?.owner !== request.caller.account) throw notFound('Resource');
      return { Tags: [...topic.tags] };
    },
  } satisfies Record<string, AnyHandler>;
}

function attributesOf(topic: Topic): Record<string, string> {
  const confirmed = [...topic.subscriptions.values()].filter((one) => one.confirmed).length;
  return {
    Owner: topic.owner,
    TopicArn: topic.arn,
    DisplayName: '',
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(topic.subscriptions.size - confirmed),
    SubscriptionsDeleted: '0',
    // The policy that every new topic gets: its own account may use it.
    Policy: JSON.stringify({
      Version: '2008-10-17',
      Id: '__default_policy_ID',
      Statement: [
        {
          Sid: '__default_statement_ID',
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: [
            'SNS:GetTopicAttributes',
            'SNS:SetTopicAttributes',
            'SNS:AddPermission',
            'SNS:RemovePermission',
            'SNS:DeleteTopic',
            'SNS:Subscribe',
            'SNS:ListSubscriptionsByTopic',
            'SNS:Publish',
          ],
          Resource: topic.arn,
          Condition: { StringEquals: { 'AWS:SourceOwner': topic.owner } },
        },
      ],
    }),
    ...Object.fromEntries(topic.attributes),
  };
}
