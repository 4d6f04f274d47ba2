import type { Config, Plan } from '../plan/config.ts';
import { keptTimes, monthDays, runsPerMonth } from './steady-state.ts';

/** What a stack holds whatever its plans; counted in the template by a test. */
export const fixedParts = { functions: 7, workers: 3, dashboards: 1 } as const;
const alarmsPerFunction = 2;
const alarmsPerWorker = 1;
/** All of a plan but the one on the age of its backups, which needs a repeating schedule. */
const alarmsPerPlan = 6;

/** Metrics that one backup and one rotation send; counted by a test that runs their reporters. */
export const metricsSent = { backup: 7, rotation: 7 } as const;

/** Memory of the two sorts of functions, in GB. */
export const memoryGb = { entry: 0.5, worker: 1 } as const;

/** Sources that are started in one step. */
const startChunk = 50;
/** Looks at the pending copies of a backup: a quarter of an hour at intervals that grow to 30 seconds. */
export const pollsPerBackup = 40;
/** Beside starting and polling; compared by a test with what the workers do. */
const otherOperations = 5;
const hooksOperations = 2;
export const rotationOperations = 5;
/** With the cold start of each: what a run of these takes when nothing has to be waited for. */
const entrySeconds = 2;
const backupInvocationSeconds = 1.5;
const rotationSeconds = 8;
/** Sizes of what is written, in bytes, of documents and checkpoints of the test estates, rounded up. */
const bytes = { documentHead: 1_500, documentSource: 900, checkpoint: 1_000, logInvocation: 3_000 };
const checkpointDays = 14;
const logDays = 90;
const hoursPerMonth = monthDays * 24;

/** What a deployment uses in a month, in the units of the price list. */
export interface Usage {
  readonly alarms: number;
  readonly dashboards: number;
  /** Metrics times hours, over the hours of a month. */
  readonly metricMonths: number;
  readonly logGb: number;
  readonly logGbMonths: number;
  readonly lambdaRequests: number;
  readonly lambdaGbSeconds: number;
  readonly durableOperations: number;
  readonly durableGbWritten: number;
  readonly durableGbMonths: number;
  readonly schedules: number;
  readonly events: number;
  readonly s3Puts: number;
  readonly s3Gets: number;
  /** After a year: the ledger is never deleted. */
  readonly s3GbMonths: number;
}

type MutableUsage = { -readonly [K in keyof Usage]: Usage[K] };

/** `sources` says how many sources a plan has. Restores, and runs that people start, are not in it. */
export function usageOf(config: Config, sources: (plan: Plan) => number): Usage {
  const plans = Object.values(config.plans);
  const usage: MutableUsage = {
    alarms: fixedParts.functions * alarmsPerFunction + fixedParts.workers * alarmsPerWorker,
    dashboards: fixedParts.dashboards,
    ...{ metricMonths: 0, logGb: 0, logGbMonths: 0, lambdaRequests: 0, lambdaGbSeconds: 0 },
    ...{ durableOperations: 0, durableGbWritten: 0, durableGbMonths: 0, events: 0 },
    ...{ s3Puts: 0, s3Gets: 0, s3GbMonths: 0 },
    // The daily rotation of all plans.
    schedules: monthDays,
  };
  addEntries(usage, monthDays);
  for (const plan of plans) addPlan(usage, plan, sources(plan));
  usage.durableGbWritten = (usage.durableOperations * bytes.checkpoint) / 1e9;
  usage.durableGbMonths = (usage.durableGbWritten * checkpointDays) / monthDays;
  usage.logGb = (usage.lambdaRequests * bytes.logInvocation) / 1e9;
  usage.logGbMonths = (usage.logGb * logDays) / monthDays;
  return usage;
}

/** Durable operations of one backup; every look at what is pending is one. */
export const backupOperations = (plan: Pick<Plan, 'application'>, sources: number): number =>
  otherOperations +
  Math.ceil(sources / startChunk) +
  pollsPerBackup +
  (plan.application === undefined ? 0 : hooksOperations);

function addEntries(usage: MutableUsage, times: number): void {
  usage.lambdaRequests += times;
  usage.lambdaGbSeconds += times * entrySeconds * memoryGb.entry;
}

function addPlan(usage: MutableUsage, plan: Plan, sources: number): void {
  const runs = runsPerMonth(plan.schedule);
  const rotations = runs + monthDays;
  const kept = keptTimes(plan).length;
  usage.alarms += alarmsPerPlan + (runs === 0 ? 0 : 1);
  usage.schedules += runs;
  usage.events += runs + rotations;
  usage.metricMonths +=
    (metricsSent.backup * Math.min(runs, hoursPerMonth) +
      metricsSent.rotation * Math.min(rotations, hoursPerMonth)) /
    hoursPerMonth;

  const invocations = Math.ceil(sources / startChunk) + pollsPerBackup;
  usage.durableOperations += runs * backupOperations(plan, sources) + rotations * rotationOperations;
  addEntries(usage, runs);
  usage.lambdaRequests += runs * invocations + rotations;
  usage.lambdaGbSeconds +=
    (runs * invocations * backupInvocationSeconds + rotations * rotationSeconds) * memoryGb.worker;

  // Of a backup: its intent and its manifest. Of a rotation that removes one: its own two, and two beside the backup.
  usage.s3Puts += runs * 6;
  // A rotation reads intent and manifest of every backup that is kept, and lists versions before.
  usage.s3Gets += runs * 4 + rotations * (2 * kept + 10);
  const documentBytes = 2 * (bytes.documentHead + sources * bytes.documentSource) + 4 * bytes.documentHead;
  usage.s3GbMonths += (12 * runs * documentBytes) / 1e9;
}
