import type { Command } from 'commander';
import type { Config, Plan, Protection, Regions, SourceSelection } from '../../functions/plan/config.ts';
import { type ConfigWarning, formatProblem } from '../../functions/plan/problems.ts';
import { nextRuns } from '../../functions/plan/schedule.ts';
import { describeSchedule, formatLocalTime } from '../../functions/plan/schedule-words.ts';
import { formatCalendarDuration } from '../../functions/retention/duration.ts';
import { countRules, type RetentionPolicy, withinRules } from '../../functions/retention/policy.ts';
import { toTimestamp } from '../../functions/shared/clock.ts';
import { exitCodes } from '../../functions/shared/errors.ts';
import type { Host } from '../cli/host.ts';
import { formatDuration, lines, plain, plural } from '../cli/text.ts';

export function register(program: Command, host: Host): void {
  program
    .command('validate')
    .description('check the configuration and say what it means')
    .action(
      host.run(async (invocation) => {
        const { regions, warnings } = await invocation.loadConfig();
        const file = invocation.options.config;
        const now = invocation.io.clock.now();
        const all = [...warnings, ...schedulesWithoutRuns(regions, file, now)];
        invocation.print({ json: toJson(regions, file, all, now), text: toText(regions, file, now) });
        for (const warning of all) {
          if (!invocation.options.json) {
            invocation.io.stderr.write(`warning: ${plain(formatProblem(warning, true))}\n`);
          }
        }
        return exitCodes.done;
      }),
    );
}

/** Every plan with its Region, which is worth a word only where there are several. */
const plansOf = (regions: Regions): readonly { readonly plan: Plan; readonly region?: string }[] =>
  regions.flatMap(({ region, plans }) =>
    Object.values(plans).map((plan) => (regions.length > 1 ? { plan, region } : { plan })),
  );

function schedulesWithoutRuns(regions: Regions, file: string, now: number): readonly ConfigWarning[] {
  return plansOf(regions)
    .map(({ plan }) => plan)
    .filter((plan) => runsOf(plan, now).length === 0)
    .map((plan) => ({
      file,
      path: `plans.${plan.name}.schedule.expression`,
      message: `${plan.schedule.expression} has no run after now`,
      remedy: 'Give a time in the future, or start backups of this plan by hand.',
    }));
}

const runsOf = (plan: Plan, now: number): readonly number[] =>
  nextRuns(plan.schedule, { after: now, count: 2 });

function toText(regions: Regions, file: string, now: number): string {
  const [{ deployment, notify }] = regions;
  const summary = [
    `${file} is valid.`,
    '',
    `deployment  ${deployment}`,
    ...regions.flatMap(describeRegion),
    `notify      ${notify.emails.length === 0 ? 'nobody' : notify.emails.join(', ')}`,
  ];
  return lines([
    ...summary,
    ...plansOf(regions).flatMap(({ plan, region }) => describePlan(plan, region, now)),
  ]);
}

function describeRegion({ region, vault }: Config): readonly string[] {
  const kept = `locked for ${plural(vault.lockDays, 'day')} (${vault.lockMode})`;
  return [
    `region      ${region}`,
    `vault       ${vault.bucket}, ${kept}${vault.existing ? ', existing bucket' : ''}`,
  ];
}

function describePlan(plan: Plan, region: string | undefined, now: number): readonly string[] {
  const { schedule } = plan;
  const runs = runsOf(plan, now).map((run) => formatLocalTime(run, schedule.timezone));
  const isRate = schedule.expression.startsWith('rate');
  const window =
    schedule.flexibleWindowMinutes === undefined
      ? ''
      : `, within ${plural(schedule.flexibleWindowMinutes, 'minute')}`;
  const nothing = runs.length === 0 ? 'none' : runs.join(', ');
  return [
    '',
    `plan ${plan.name}${plan.application === undefined ? '' : ` (${plan.application})`}`,
    ...(region === undefined ? [] : [`  region     ${region}`]),
    `  schedule   ${describeSchedule(schedule.expression)}, ${schedule.timezone}${window}`,
    `  next runs  ${nothing}${isRate ? ' if deployed now' : ''}`,
    ...plan.sources.map(
      (source, index) => `  ${index === 0 ? 'sources  ' : '         '}  ${describeSource(source)}`,
    ),
    `  retention  ${describeRetention(plan.retention)}`,
    `  timeout    ${formatDuration(plan.timeoutSeconds * 1000)}`,
    ...(plan.protect === undefined ? [] : [`  protect    ${describeProtection(plan.protect)}`]),
  ];
}

function describeSource(source: SourceSelection): string {
  const names =
    'tags' in source.select
      ? `with ${Object.entries(source.select.tags)
          .map(([key, value]) => `${key}=${value}`)
          .join(' and ')}`
      : ('ids' in source.select ? source.select.ids : source.select.identifiers).join(', ');
  return `${source.kind} ${plain(names)}${source.kind === 'ec2' && source.reboot ? ' (rebooted)' : ''}`;
}

function describeProtection({ lockSnapshots, deregistrationProtection }: Protection): string {
  const parts: string[] = [];
  if (lockSnapshots !== undefined) {
    const { days, mode, coolOffHours } = lockSnapshots;
    const coolOff = coolOffHours === undefined ? '' : `, final after ${plural(coolOffHours, 'hour')}`;
    parts.push(`EBS snapshots locked for ${plural(days, 'day')} (${mode}${coolOff})`);
  }
  if (deregistrationProtection !== undefined)
    parts.push(`AMIs protected from deregistration, ${deregistrationProtection.replace('-', ' ')}`);
  return parts.join(', ');
}

function describeRetention(policy: RetentionPolicy): string {
  const counts = countRules.flatMap((rule) =>
    policy[rule] === undefined ? [] : [`${rule} ${policy[rule]}`],
  );
  const spans = withinRules.flatMap((rule) => {
    const span = policy[rule];
    return span === undefined ? [] : [`${rule} ${formatCalendarDuration(span)}`];
  });
  return [...counts, ...spans, `never below ${policy.minimum}`].join(', ');
}

/** The configuration with every default filled in, durations as text again, and what follows from it. */
function toJson(regions: Regions, file: string, warnings: readonly ConfigWarning[], now: number): unknown {
  const [{ deployment, region, vault, notify }, ...others] = regions;
  return {
    valid: true,
    file,
    deployment,
    ...(others.length === 0
      ? { region, vault }
      : { regions: regions.map((each) => ({ region: each.region, vault: each.vault })) }),
    notify,
    plans: plansOf(regions).map(({ plan, ...where }) => ({
      ...where,
      ...plan,
      schedule: {
        ...plan.schedule,
        description: describeSchedule(plan.schedule.expression),
        next_runs: runsOf(plan, now).map(toTimestamp),
      },
      retention: writtenRetention(plan.retention),
    })),
    warnings,
  };
}

function writtenRetention(policy: RetentionPolicy): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    Object.entries(policy).map(([rule, value]) => [
      rule,
      typeof value === 'number' ? value : formatCalendarDuration(value),
    ]),
  );
}
