import type { Config, Plan, SourceSelection } from '../plan/config.ts';
import type { SourceKind } from '../shared/source.ts';
import { type Prices, pricesOf } from './prices.ts';
import { type Growth, gibMonthPrice, storedGib } from './snapshots.ts';
import { keptTimes } from './steady-state.ts';
import { type Usage, usageOf } from './usage.ts';

export interface Assumptions extends Growth {
  /** How many sources a selection stands for. */
  readonly sources: (plan: Plan, selection: SourceSelection) => number;
  /** In place of the price list's, per GiB and month. */
  readonly snapshotPrice?: number;
}

/** One line of the table. */
export interface CostItem {
  readonly what: string;
  readonly quantity: number;
  readonly unit: string;
  /** Per month. */
  readonly usd: number;
}

export interface SnapshotItem extends CostItem {
  readonly plan: string;
  readonly kind: SourceKind;
  readonly sources: number;
  /** Recovery points of each source, once the oldest ones begin to go. */
  readonly recoveryPoints: number;
}

/** What one Region of a deployment costs in a month, once its plans keep as many backups as they ever will. */
export interface Estimate {
  readonly region: string;
  readonly prices: Prices;
  readonly items: readonly CostItem[];
  readonly snapshots: readonly SnapshotItem[];
}

export function estimateCost(config: Config, assumptions: Assumptions): Estimate {
  const listed = pricesOf(config.region);
  const { snapshotPrice } = assumptions;
  const prices = snapshotPrice === undefined ? listed : { ...listed, ebsSnapshotGibMonth: snapshotPrice };
  const plans = Object.values(config.plans);
  const count = (plan: Plan): number =>
    plan.sources.reduce((sum, selection) => sum + assumptions.sources(plan, selection), 0);
  return {
    region: config.region,
    prices,
    items: itemsOf(usageOf(config, count), prices),
    snapshots: plans.flatMap((plan) => snapshotsOf(plan, assumptions, prices)),
  };
}

export const totalUsd = (items: readonly CostItem[]): number => items.reduce((sum, { usd }) => sum + usd, 0);

function itemsOf(usage: Usage, prices: Prices): CostItem[] {
  const item = (what: string, quantity: number, unit: string, usd: number): CostItem => ({
    ...{ what, quantity, unit, usd },
  });
  const { lambdaRequests, durableOperations, schedules, events } = usage;
  return [
    item('alarms', usage.alarms, 'alarms', usage.alarms * prices.alarmMonth),
    item(
      'dashboard',
      usage.dashboards,
      usage.dashboards === 1 ? 'dashboard' : 'dashboards',
      usage.dashboards * prices.dashboardMonth,
    ),
    item('metrics', usage.metricMonths, 'metrics of a whole month', usage.metricMonths * prices.metricMonth),
    item('logs', usage.logGb, 'GB', usage.logGb * prices.logGb + usage.logGbMonths * prices.logGbMonth),
    item(
      ...(['functions', lambdaRequests, 'invocations'] as const),
      (lambdaRequests / 1e6) * prices.lambdaMillionRequests + usage.lambdaGbSeconds * prices.lambdaGbSecond,
    ),
    item(
      ...(['durable executions', durableOperations, 'operations'] as const),
      (durableOperations / 1e6) * prices.durableMillionOperations +
        usage.durableGbWritten * prices.durableGbWritten +
        usage.durableGbMonths * prices.durableGbMonth,
    ),
    item(
      ...(['schedules and events', schedules + events, 'deliveries'] as const),
      (schedules / 1e6) * prices.schedulerMillionInvocations + (events / 1e6) * prices.eventsMillion,
    ),
    item(
      ...(['vault', usage.s3Puts + usage.s3Gets, 'requests'] as const),
      (usage.s3Puts / 1000) * prices.s3ThousandPuts +
        (usage.s3Gets / 1000) * prices.s3ThousandGets +
        usage.s3GbMonths * prices.s3GbMonth,
    ),
  ];
}

function snapshotsOf(plan: Plan, assumptions: Assumptions, prices: Prices): SnapshotItem[] {
  const times = keptTimes(plan);
  const kinds = [...new Set(plan.sources.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const sources = plan.sources
      .filter((selection) => selection.kind === kind)
      .reduce((sum, selection) => sum + assumptions.sources(plan, selection), 0);
    const gib = sources * storedGib(kind, times, assumptions);
    return {
      what: `${plan.name}: ${kind}`,
      quantity: gib,
      unit: 'GiB',
      usd: gib * gibMonthPrice(kind, prices),
      ...{ plan: plan.name, kind, sources, recoveryPoints: times.length },
    };
  });
}
