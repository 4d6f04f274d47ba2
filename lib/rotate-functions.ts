import { Duration } from 'aws-cdk-lib';
import { SnapkeepFunction } from './functions.ts';
import { functionNames } from './names.ts';
import { aliasArn, functionArn, type Parts } from './parts.ts';
import { rotateStatements } from './permissions/rotate.ts';
import { rotateWorkerStatements } from './permissions/rotate-worker.ts';

/** 5,000 deletions take 17 minutes at the documented rates; a day is far beyond what a plan can have. */
const longest = Duration.hours(24);

/** The worker that rotates, and the function that people and the daily schedule call. */
export function addRotation(parts: Parts): Record<'rotate' | 'worker', SnapkeepFunction> {
  const { stack, config, bundles, bucketArn, topicArn } = parts;
  const names = functionNames(config.deployment);
  const workerArn = functionArn(parts, 'rotateWorker');
  const workerAliasArn = aliasArn(parts, 'rotateWorker');

  const worker = new SnapkeepFunction(stack, 'RotateWorker', {
    functionName: names.rotateWorker,
    description: 'Durable: deletes the copies of one plan that its retention policy no longer keeps',
    bundle: bundles['rotate-worker'],
    memoryMegabytes: 1024,
    timeout: Duration.minutes(15),
    environment: { SNAPKEEP_TOPIC_ARN: topicArn },
    statements: rotateWorkerStatements(stack, { config, bucketArn, topicArn, workerArn }),
    durableTimeout: longest,
  });
  const rotate = new SnapkeepFunction(stack, 'Rotate', {
    functionName: names.rotate,
    description: 'Called by people and once a day: {"plan"?, "dryRun"?, "confirm"?} starts rotations',
    bundle: bundles.rotate,
    memoryMegabytes: 512,
    // A dry run waits for what the worker has to say.
    timeout: Duration.minutes(15),
    environment: { SNAPKEEP_WORKER_ARN: workerAliasArn },
    statements: rotateStatements(workerArn, workerAliasArn),
  });
  rotate.node.addDependency(worker.alias);
  return { rotate, worker };
}
