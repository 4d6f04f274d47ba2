/**
 * Request rates of the EC2 API: one token bucket per account, Region and action ("Request throttling for the
 * Amazon EC2 API" in the EC2 developer guide). Off unless it is switched on; other services publish no figures and
 * are limited only where a bucket is given for them.
 */
import type { RequestContext } from './service.ts';

export interface Bucket {
  readonly size: number;
  readonly refillPerSecond: number;
}

export interface ThrottleSettings {
  readonly enabled: boolean;
  /** Overrides, by `ec2:CreateImage`. */
  readonly buckets: Readonly<Record<string, Bucket>>;
}

const bucket = (size: number, refillPerSecond: number): Bucket => ({ size, refillPerSecond });

const READING = bucket(100, 20);
/** For calls that ask for everything at once. */
const UNFILTERED = bucket(50, 10);
const MUTATING = bucket(50, 5);

const BY_ACTION: Readonly<Record<string, Bucket>> = {
  CreateSnapshot: bucket(100, 5),
  CreateSnapshots: bucket(100, 5),
  DeleteSnapshot: bucket(100, 5),
  DeregisterImage: bucket(100, 5),
  CreateVolume: bucket(100, 5),
  ModifyImageAttribute: bucket(100, 5),
  ModifySnapshotAttribute: bucket(100, 5),
  CopyImage: bucket(100, 1),
  CreateTags: bucket(100, 10),
  DeleteTags: bucket(100, 10),
  RunInstances: bucket(5, 2),
  StartInstances: bucket(5, 2),
  TerminateInstances: bucket(100, 5),
};

/** Buckets that lose as many tokens as the call names instances. */
const BY_RESOURCE: Readonly<Record<string, Bucket>> = {
  RunInstances: bucket(1000, 2),
  TerminateInstances: bucket(1000, 20),
};

const SMALLER_WHEN_UNFILTERED = new Set([
  'DescribeInstances',
  'DescribeInstanceStatus',
  'DescribeNetworkInterfaces',
  'DescribeSecurityGroups',
  'DescribeSnapshots',
  'DescribeVolumes',
]);

interface Level {
  tokens: number;
  /** Sandbox time of the last refill, in milliseconds. */
  at: number;
}

export class Throttle {
  #settings: ThrottleSettings;
  readonly #levels = new Map<string, Level>();

  constructor(settings: Partial<ThrottleSettings> = {}) {
    this.#settings = { enabled: false, buckets: {}, ...settings };
  }

  get settings(): ThrottleSettings {
    return this.#settings;
  }

  /** Starts with full buckets. */
  configure(settings: Partial<ThrottleSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#levels.clear();
  }

  /** Takes the tokens of one call; false when there are too few, and then takes none. */
  admit(context: RequestContext, input: Readonly<Record<string, unknown>>): boolean {
    if (!this.#settings.enabled) return true;
    const demands = this.#demandsOf(context, input);
    const levels = demands.map(({ name, bucket: limits }) => this.#levelOf(name, limits, context.now));
    if (!demands.every(({ tokens }, index) => (levels[index]?.tokens ?? 0) >= tokens)) return false;
    demands.forEach(({ tokens }, index) => {
      const level = levels[index];
      if (level) level.tokens -= tokens;
    });
    return true;
  }

  #demandsOf(
    { service, action, region, caller }: RequestContext,
    input: Readonly<Record<string, unknown>>,
  ): { readonly name: string; readonly bucket: Bucket; readonly tokens: number }[] {
    const place = `${caller.account} ${region} ${service}:${action}`;
    const override = this.#settings.buckets[`${service}:${action}`];
    if (override) return [{ name: place, bucket: override, tokens: 1 }];
    if (service !== 'ec2') return [];
    const unfiltered = SMALLER_WHEN_UNFILTERED.has(action) && !isNarrowed(input);
    const calls = unfiltered ? UNFILTERED : (BY_ACTION[action] ?? (isReading(action) ? READING : MUTATING));
    const demands = [{ name: unfiltered ? `${place} unfiltered` : place, bucket: calls, tokens: 1 }];
    const resources = BY_RESOURCE[action];
    if (resources)
      demands.push({ name: `${place} resources`, bucket: resources, tokens: instanceCount(input) });
    return demands;
  }

  #levelOf(name: string, { size, refillPerSecond }: Bucket, now: number): Level {
    let level = this.#levels.get(name);
    if (!level) {
      level = { tokens: size, at: now };
      this.#levels.set(name, level);
    }
    const seconds = Math.max(0, now - level.at) / 1000;
    level.tokens = Math.min(size, level.tokens + seconds * refillPerSecond);
    level.at = Math.max(level.at, now);
    return level;
  }
}

function isReading(action: string): boolean {
  return /^(Describe|List|Get|Search)/.test(action);
}

/** Filters, named resources or pages: anything that keeps the answer small. */
function isNarrowed(input: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(input).some(([name, value]) => {
    if (name === 'MaxResults' || name === 'NextToken') return value !== undefined;
    return (name === 'Filters' || name.endsWith('Ids')) && Array.isArray(value) && value.length > 0;
  });
}

function instanceCount({ MaxCount, InstanceIds }: Readonly<Record<string, unknown>>): number {
  if (Array.isArray(InstanceIds)) return InstanceIds.length;
  return typeof MaxCount === 'number' ? MaxCount : 1;
}
