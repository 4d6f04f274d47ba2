import type { Config } from '../functions/plan/config.ts';

/** What the functions of a deployment are called; settled in the design, so that operators and policies can rely on it. */
export const functionNames = (deployment: string) => ({
  start: `${deployment}-start`,
  backup: `${deployment}-backup`,
  backupWorker: `${deployment}-backup-worker`,
  rotate: `${deployment}-rotate`,
  rotateWorker: `${deployment}-rotate-worker`,
  restore: `${deployment}-restore`,
  restoreWorker: `${deployment}-restore-worker`,
});

/** The alias that everything invokes: durable functions need a qualified ARN, executions stay with their version. */
export const liveAlias = 'live';

export const stackName = (config: Config): string => `snapkeep-${config.deployment}`;

/**
 * What the names of all database snapshots of a deployment look like, see `copyName`. Of a fixed length, or those of
 * `prod` would be among them with those of `prod-eu`.
 */
export const copyPattern = (deployment: string): string =>
  `snapkeep-${deployment}-${'?'.repeat(10)}-${'?'.repeat(8)}t????-a?`;
