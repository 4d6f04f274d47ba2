import type { Command } from 'commander';
import { type CostItem, type Estimate, estimateCost, totalUsd } from '../../functions/cost/estimate.ts';
import { pricesAsOf } from '../../functions/cost/prices.ts';
import { exitCodes } from '../../functions/shared/errors.ts';
import { type CostOptions, readAssumptions } from '../cli/cost-flags.ts';
import { countSources } from '../cli/count-sources.ts';
import type { Host } from '../cli/host.ts';
import { formatTable, lines, plural } from '../cli/text.ts';

export function register(program: Command, host: Host): void {
  program
    .command('cost')
    .description('estimate what a month of this deployment costs on AWS')
    .option(
      '--sources <plan=n>',
      'how many sources a plan finds by tags, such as ci=3 or ci/ec2=3; 1 of each selection unless given',
      (text: string, before: readonly string[] = []) => [...before, ...text.split(',')],
    )
    .option('--count', 'ask AWS how many sources there are; needs credentials')
    .option('--gib <n>', 'what is written on a source, in GiB', '100')
    .option('--change <percent>', 'share of it that changes in a day', '2%')
    .option('--snapshot-price <usd>', 'of EBS snapshots per GiB and month, instead of the one that is known')
    .action(
      host.run(async (invocation, options: CostOptions) => {
        const { regions } = await invocation.loadConfig();
        // Before anything is asked: a flag with a mistake is told of without credentials.
        readAssumptions(options, regions, new Map());
        const counts = options.count ? await countSources(invocation, regions) : new Map();
        const assumptions = readAssumptions(options, regions, counts);
        const estimates = regions.map((config) => estimateCost(config, assumptions));
        invocation.print({
          json: toJson(estimates, assumptions),
          text: toText(estimates, { ...assumptions, counted: options.count ?? false }),
        });
        return exitCodes.done;
      }),
    );
}

type Assumed = ReturnType<typeof readAssumptions>;
type Told = Assumed & { readonly counted: boolean };

const round = (usd: number): number => Math.round(usd * 100) / 100;
const all = (estimates: readonly Estimate[], of: (estimate: Estimate) => readonly CostItem[]): number =>
  estimates.reduce((sum, estimate) => sum + totalUsd(of(estimate)), 0);

function toJson(estimates: readonly Estimate[], { gib, dailyChange }: Assumed): unknown {
  const item = ({ what, quantity, unit, usd }: CostItem) => ({
    ...{ what, quantity: Math.round(quantity * 1000) / 1000, unit, usd: round(usd) },
  });
  const items = all(estimates, (each) => each.items);
  const snapshots = all(estimates, (each) => each.snapshots);
  return {
    currency: 'USD',
    per: 'month',
    prices_as_of: pricesAsOf,
    assumptions: { gib_per_source: gib, daily_change: dailyChange },
    regions: estimates.map(({ region, prices, ...estimate }) => ({
      region,
      prices_of: prices.region,
      items: estimate.items.map(item),
      snapshots: estimate.snapshots.map((each) => ({
        ...item(each),
        plan: each.plan,
        kind: each.kind,
        sources: each.sources,
        recovery_points_per_source: each.recoveryPoints,
      })),
    })),
    total_without_snapshots: round(items),
    snapshots: round(snapshots),
    total: round(items + snapshots),
  };
}

function toText(estimates: readonly Estimate[], told: Told): string {
  const several = estimates.length > 1;
  const row = ({ what, quantity, unit, usd }: CostItem): string[] => [
    what,
    `${formatQuantity(quantity)} ${unit}`,
    formatUsd(usd),
  ];
  const tables = estimates.flatMap(({ region, items, snapshots }) => [
    ...(several ? [`Region ${region}`, ''] : []),
    formatTable(
      ['what', 'a month', 'USD'],
      [
        ...items.map(row),
        ['without snapshots', '', formatUsd(totalUsd(items))],
        ...snapshots.map(({ sources, recoveryPoints, ...item }) => [
          item.what,
          `${formatQuantity(item.quantity)} GiB: ${plural(sources, 'source')}, ${plural(recoveryPoints, 'recovery point')} each`,
          formatUsd(item.usd),
        ]),
        ['snapshots, estimated', '', formatUsd(totalUsd(snapshots))],
        ['total', '', formatUsd(totalUsd([...items, ...snapshots]))],
      ],
    ).trimEnd(),
    '',
  ]);
  const total = all(estimates, (each) => [...each.items, ...each.snapshots]);
  return lines([
    ...tables,
    ...(several ? [`All Regions: ${formatUsd(total)} USD a month`, ''] : []),
    ...notes(estimates, told),
  ]);
}

function notes(estimates: readonly Estimate[], { gib, dailyChange, counted }: Told): readonly string[] {
  const strangers = estimates.filter(({ region, prices }) => prices.region !== region);
  return [
    `An estimate, with list prices of ${pricesAsOf} before taxes and free tiers, for the time when the oldest backups`,
    `begin to go. Assumed: ${formatQuantity(gib)} GiB on every source, of which ${formatQuantity(dailyChange * 100)} % change in a day (--gib, --change), and`,
    `${counted ? 'as many sources as AWS has now (--count)' : 'one source for every selection by tags (--sources, --count)'}. What counts most are the snapshots.`,
    ...strangers.map(
      ({ region, prices }) =>
        `Prices of ${region} are not known here: those of ${prices.region} are used. Its own may be a tenth higher or more (--snapshot-price).`,
    ),
    'Not in it: restored machines and databases, runs that people start, e-mails about trouble, a KMS key of your own,',
    'access logs of the vault.',
  ];
}

/** Three digits that count; whole numbers from a hundred on. */
const formatQuantity = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));

const formatUsd = (usd: number): string =>
  usd > 0 && usd < 0.005
    ? '<0.01'
    : usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
