import { Duration } from 'aws-cdk-lib';
import { SnapkeepFunction } from './functions.ts';
import { functionNames } from './names.ts';
import { aliasArn, functionArn, type Parts } from './parts.ts';
import { backupStatements } from './permissions/backup.ts';
import { backupWorkerStatements } from './permissions/backup-worker.ts';
import { startStatements } from './permissions/start.ts';

/** A durable execution is stopped by the service a good while after a backup gives up by itself. */
const marginSeconds = 3600;

/** The worker that makes backups, the function that schedules call, and the one that people call. */
export function addBackup(parts: Parts): Record<'start' | 'worker', SnapkeepFunction> {
  const { stack, config, bundles, bucketArn, topicArn } = parts;
  const names = functionNames(config.deployment);
  const workerArn = functionArn(parts, 'backupWorker');
  const workerAliasArn = aliasArn(parts, 'backupWorker');
  const rotateWorkerAliasArn = aliasArn(parts, 'rotateWorker');
  const entryEnvironment = { SNAPKEEP_WORKER_ARN: workerAliasArn };

  const worker = new SnapkeepFunction(stack, 'BackupWorker', {
    functionName: names.backupWorker,
    description: 'Durable: makes the backup of one slot of a plan',
    bundle: bundles['backup-worker'],
    memoryMegabytes: 1024,
    timeout: Duration.minutes(15),
    environment: {
      SNAPKEEP_BACKUP_WORKER_ARN: workerAliasArn,
      SNAPKEEP_ROTATE_WORKER_ARN: rotateWorkerAliasArn,
      SNAPKEEP_TOPIC_ARN: topicArn,
    },
    statements: backupWorkerStatements(stack, {
      ...{ config, bucketArn, topicArn, workerArn, workerAliasArn, rotateWorkerAliasArn },
    }),
    durableTimeout: Duration.seconds(
      Math.max(...Object.values(config.plans).map(({ timeoutSeconds }) => timeoutSeconds)) + marginSeconds,
    ),
  });
  const start = new SnapkeepFunction(stack, 'Start', {
    functionName: names.start,
    description: 'Called by the schedules: starts the backup worker for a slot, once',
    bundle: bundles.start,
    memoryMegabytes: 512,
    timeout: Duration.minutes(1),
    environment: entryEnvironment,
    statements: startStatements(workerAliasArn),
  });
  const backup = new SnapkeepFunction(stack, 'Backup', {
    functionName: names.backup,
    description: 'Called by people: {"plan": "..."} starts a backup now, with "slot" a failed one again',
    bundle: bundles.backup,
    memoryMegabytes: 512,
    // With "wait" it answers when the backup is over, so as late as a function may.
    timeout: Duration.minutes(15),
    environment: entryEnvironment,
    statements: backupStatements(workerArn, workerAliasArn),
  });
  // Nothing may start before there is something to start.
  for (const entry of [start, backup]) entry.node.addDependency(worker.alias);
  return { start, worker };
}
