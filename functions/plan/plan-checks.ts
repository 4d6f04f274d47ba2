import { expiries } from '../retention/expiry.ts';
import type { Plan } from './config.ts';
import type { At, ConfigWarning, Findings, Problem } from './problems.ts';
import { nextRuns } from './schedule.ts';

const day = 86_400_000;

/** What a plan asks of the cloud beside its copies: protection of the copies, and a record in the DNS. */
export function checkRequests(plan: Plan, at: At): Findings {
  const problems: Problem[] = [];
  const warnings: ConfigWarning[] = [];
  const base = ['plans', plan.name];
  const { protect, restore } = plan;
  if (protect !== undefined && !plan.sources.some(({ kind }) => kind === 'ec2')) {
    const message = 'protects AMIs and their snapshots, and the plan has no ec2 source';
    const remedy =
      'Leave the section out: RDS has no lock for snapshots. AWS Backup with a vault lock can keep copies of databases.';
    problems.push(at([...base, 'protect'], message, remedy));
  }
  const lock = protect?.lockSnapshots;
  const shortest = lock === undefined ? undefined : shortestLife(plan, lock.days);
  if (lock !== undefined && shortest !== undefined) {
    const message = `snapshots are locked for ${lock.days} ${lock.days === 1 ? 'day' : 'days'}, and retention lets the first of them go after ${inWords(shortest.milliseconds)}: rotation leaves them until their lock has ended, ${shortest.atOnce} backups at any time`;
    const remedy = 'Lock for fewer days, or keep backups longer, if that is not wanted.';
    warnings.push(at([...base, 'protect', 'lockSnapshots', 'days'], message, remedy));
  }
  if (restore?.hostedZone !== undefined && restore.hostname === undefined) {
    const message = 'needs hostname beside it, the name of the record that a restore may change';
    const remedy = 'Add hostname, for example hostname: ci.example.com.';
    problems.push(at([...base, 'restore', 'hostedZone'], message, remedy));
  }
  return { problems, warnings };
}

/** Any moment does: what a policy keeps depends on how runs follow each other. */
const firstRun = Date.UTC(2026, 0, 1);
/** So that the rules count from something. */
const earlierRuns = 8;
/** Consecutive runs that are followed: enough for the hours of a day and the days of a month. */
const followedRuns = 32;
/** Reckoned at once: a schedule of every minute has half a million runs a year. */
const portion = 256;
const countLimit = 1000;

/**
 * The life of the backup that retention lets go first, if every run happens on schedule and succeeds; undefined when
 * none goes before `days` are over, as far as can be reckoned.
 */
function shortestLife({ schedule, retention }: Plan, days: number) {
  const after = { after: firstRun, anchor: firstRun };
  const runs = nextRuns(schedule, { ...after, count: earlierRuns + followedRuns });
  let shortest: number | undefined;
  for (let place = earlierRuns; place < runs.length; place += 1) {
    const points = runs.slice(0, place + 1).map((time) => ({ id: String(time), time }));
    const [point, now] = [points.at(-1), runs[place]];
    if (point === undefined || now === undefined) continue;
    const answer = expiries({
      ...{ points, policy: retention, timezone: schedule.timezone, now },
      runs: comingRuns(schedule, now),
      ...{ horizonMilliseconds: days * day, visits: 10_000 },
    }).get(point);
    if (answer?.kind !== 'at' || answer.time - now >= days * day) continue;
    shortest = Math.min(shortest ?? Number.POSITIVE_INFINITY, answer.time - now);
  }
  if (shortest === undefined) return undefined;
  const [first = 0] = runs;
  return { milliseconds: shortest, atOnce: countUntil(comingRuns(schedule, first), first + days * day) };
}

function* comingRuns(schedule: Plan['schedule'], from: number): Generator<number> {
  let after = from;
  for (;;) {
    const next = nextRuns(schedule, { after, count: portion, anchor: firstRun });
    yield* next;
    const last = next.at(-1);
    if (last === undefined || next.length < portion) return;
    after = last;
  }
}

function countUntil(runs: Iterable<number>, end: number): string {
  let count = 1;
  for (const run of runs) {
    if (run >= end) break;
    if (count === countLimit) return `more than ${countLimit}`;
    count += 1;
  }
  return String(count);
}

function inWords(milliseconds: number): string {
  const [unit, size] =
    milliseconds >= 2 * day
      ? ['day', day]
      : milliseconds >= 3_600_000
        ? ['hour', 3_600_000]
        : ['minute', 60_000];
  const count = Math.round(milliseconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
