import type { Config, Vault, WorkPlan } from './config.ts';

/** What a function that starts work knows of the configuration: which plans there are. */
export interface EntryConfig {
  readonly deployment: string;
  readonly vault: Pick<Vault, 'bucket'>;
  readonly plans: Readonly<Record<string, object>>;
}

/** What a function that does the work knows of it: all of the plans but when they run. */
export interface WorkerConfig extends EntryConfig {
  readonly plans: Readonly<Record<string, WorkPlan>>;
}

/**
 * What is deployed with a function decides whether a change of the configuration makes a new version of it. So each
 * gets what it reads: another time of a schedule is no other function.
 */
export const entryConfig = ({ deployment, vault, plans }: Config): EntryConfig => ({
  deployment,
  vault: { bucket: vault.bucket },
  plans: Object.fromEntries(Object.keys(plans).map((name) => [name, {}])),
});

/** As above; of a schedule the zone stays, which cuts the periods of retention. */
export const workerConfig = (config: Config): WorkerConfig => ({
  ...entryConfig(config),
  plans: Object.fromEntries(
    Object.entries(config.plans).map(([name, { schedule, ...plan }]) => [
      name,
      { ...plan, schedule: { timezone: schedule.timezone } },
    ]),
  ),
});
