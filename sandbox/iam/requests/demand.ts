/** What AWS asks its policies about a request: one or several actions, each on one resource. */
import type { RequestContext } from '../../service.ts';
import type { Context } from '../request-values.ts';

/** A resource as policies see it. */
export interface Target {
  /** ARN; `*` where the service authorizes an action for everything or nothing. */
  readonly resource: string;
  /** Condition keys of the resource. */
  readonly context?: Context;
  /** Account that owns it, the caller's unless told. */
  readonly owner?: string;
  /** The request names it, but it is not there: the service answers so, and has no tags to judge by. */
  readonly missing?: boolean;
}

export interface Demand extends Target {
  /** `ec2:CreateImage` */
  readonly action: string;
  /** The service that asks on the caller's behalf, e.g. EC2 for the KMS key of a volume. */
  readonly via?: string;
}

/** The demands of an operation. May throw what the operation itself answers when the request makes no sense. */
export type Demands<I> = (input: I, request: RequestContext) => readonly Demand[];

/** Any of them, seen from the authorizer, which only ever passes what the operation's own schema decoded. */
export type AnyDemands = Demands<never>;

/** By operation name. */
export type ServiceDemands = Readonly<Record<string, AnyDemands>>;

export const everything: Target = { resource: '*' };

export function demand(action: string, target: Target, context: Context = {}): Demand {
  return { ...target, action, context: { ...target.context, ...context } };
}

/** Operations that are authorized for everything or nothing, under their own names. */
export function wholesale(service: string, names: readonly string[]): ServiceDemands {
  return Object.fromEntries(names.map((name) => [name, () => [demand(`${service}:${name}`, everything)]]));
}

export interface PlainTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** `<prefix><key>` for every tag. */
export function tagValues(prefix: string, tags: Iterable<readonly [string, string]>): Context {
  return Object.fromEntries(Array.from(tags, ([key, value]) => [`${prefix}${key}`, value]));
}

export const pairs = (tags: readonly PlainTag[] | undefined): [string, string][] =>
  (tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]);

/** `aws:RequestTag/...` and `aws:TagKeys`; a request without tags has neither ("AWS global condition context keys"). */
export function requestTags(tags: readonly PlainTag[] | undefined): Context {
  const list = pairs(tags);
  if (list.length === 0) return {};
  return { ...tagValues('aws:RequestTag/', list), 'aws:TagKeys': list.map(([key]) => key) };
}

export interface ArnParts {
  readonly service: string;
  /** Empty for what has none in its ARN. */
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

export function arnOf({ service, region, account, resource }: ArnParts, place = region): string {
  return `arn:${partitionOf(place)}:${service}:${region}:${account}:${resource}`;
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
