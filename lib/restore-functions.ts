import { Duration } from 'aws-cdk-lib';
import { addDocuments } from './documents.ts';
import { SnapkeepFunction } from './functions.ts';
import { functionNames } from './names.ts';
import { aliasArn, functionArn, type Parts } from './parts.ts';
import { restoreStatements } from './permissions/restore.ts';
import { restoreWorkerStatements } from './permissions/restore-worker.ts';
import { warnOfOpenTargets } from './restore-targets.ts';

/** Its steps have limits of their own, large databases being the slowest of them. */
const longest = Duration.hours(48);

/** The worker that restores, the scripts that it sends, and the function that people call. */
export function addRestore(parts: Parts): Record<'worker', SnapkeepFunction> {
  const { stack, config, bundles, bucketArn, topicArn } = parts;
  const names = functionNames(config.deployment);
  const workerArn = functionArn(parts, 'restoreWorker');
  const workerAliasArn = aliasArn(parts, 'restoreWorker');
  const documents = addDocuments(stack, config);
  warnOfOpenTargets(stack, config);

  const worker = new SnapkeepFunction(stack, 'RestoreWorker', {
    functionName: names.restoreWorker,
    description: 'Durable: brings a backup back as new machines and databases',
    bundle: bundles['restore-worker'],
    memoryMegabytes: 1024,
    timeout: Duration.minutes(15),
    environment: { SNAPKEEP_TOPIC_ARN: topicArn },
    statements: restoreWorkerStatements(stack, { config, bucketArn, topicArn, workerArn, documents }),
    durableTimeout: longest,
  });
  const restore = new SnapkeepFunction(stack, 'Restore', {
    functionName: names.restore,
    description:
      'Called by people: {"plan": "...", "backup": "latest", "dryRun": true} tells, then starts a restore',
    bundle: bundles.restore,
    memoryMegabytes: 512,
    // It waits for what the worker has to say before it starts anything.
    timeout: Duration.minutes(15),
    environment: { SNAPKEEP_WORKER_ARN: workerAliasArn },
    statements: restoreStatements(workerArn, workerAliasArn),
  });
  restore.node.addDependency(worker.alias);
  return { worker };
}
