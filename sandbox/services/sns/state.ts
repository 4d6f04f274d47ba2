import type { MessageAttributeValue, Tag } from '@aws-sdk/client-sns';
import { ServiceError } from '../../service.ts';
import type { World } from '../../world.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Message {
  readonly id: string;
  /** Sandbox time in milliseconds. */
  readonly publishedAt: number;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly groupId: string | undefined;
}

export interface Subscription {
  readonly arn: string;
  readonly protocol: string;
  readonly endpoint: string;
  readonly owner: string;
  /** People must answer a mail or a text first; queues and functions of the own account need not. */
  readonly confirmed: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly owner: string;
  readonly region: string;
  readonly attributes: Map<string, string>;
  readonly tags: readonly Tag[];
  readonly subscriptions: Map<string, Subscription>;
  readonly messages: Message[];
}

export const invalidParameter = (message: string): ServiceError =>
  new ServiceError('InvalidParameter', `Invalid parameter: ${message}`, 400);

export const notFound = (what: string): ServiceError =>
  new ServiceError('NotFound', `${what} does not exist`, 404);

const keptMessages = 10_000;

export class SnsState {
  /** By ARN. */
  readonly topics = new Map<string, Topic>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  id(): string {
    const hex = (digits: number): string => this.#world.random.hex(digits);
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  }

  topicNamed(place: Place, name: string): Topic | undefined {
    return this.topics.get(arnOf(place, name));
  }

  create(
    place: Place,
    name: string,
    attributes: Readonly<Record<string, string>>,
    tags: readonly Tag[],
  ): Topic {
    const topic: Topic = {
      arn: arnOf(place, name),
      name,
      owner: place.account,
      region: place.region,
      attributes: new Map(Object.entries(attributes)),
      tags,
      subscriptions: new Map(),
      messages: [],
    };
    this.topics.set(topic.arn, topic);
    return topic;
  }

  /** A topic of the caller's own account and Region. */
  topic(arn: string, place: Place): Topic {
    if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/.test(arn)) {
      throw invalidParameter(
        `TopicArn Reason: An ARN must have at least 6 elements, not ${arn.split(':').length}`,
      );
    }
    const topic = this.topics.get(arn);
    if (topic?.region !== place.region) throw notFound('Topic');
    if (topic.owner !== place.account) {
      throw new ServiceError('AuthorizationError', `Not authorized to access the topic ${arn}`, 403);
    }
    return topic;
  }

  record(topic: Topic, message: Omit<Message, 'id'>): string {
    const id = this.id();
    topic.messages.push({ id, ...message });
    if (topic.messages.length > keptMessages) topic.messages.shift();
    return id;
  }
}

const arnOf = (place: Place, name: string): string => `arn:aws:sns:${place.region}:${place.account}:${name}`;

/** Tokens of the lists are opaque; pages hold a hundred entries ("ListTopics", API Reference). */
export function pageOf<T>(
  items: readonly T[],
  token: string | undefined,
): { items: readonly T[]; next?: string } {
  const start = token ? Number(Buffer.from(token, 'base64').toString()) : 0;
  if (!Number.isInteger(start)) throw invalidParameter('NextToken');
  const end = start + 100;
  return {
    items: items.slice(start, end),
    ...(end < items.length ? { next: Buffer.from(String(end)).toString('base64') } : {}),
  };
}
