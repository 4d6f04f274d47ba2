import { Arn, ArnFormat, CfnOutput, Duration, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../functions/plan/config.ts';
import type { Bundles } from './bundles.ts';
import { SnapkeepFunction } from './functions.ts';
import { functionNames, liveAlias, stackName } from './names.ts';
import { Notifications } from './notifications.ts';
import { backupStatements } from './permissions/backup.ts';
import { backupWorkerStatements } from './permissions/backup-worker.ts';
import { startStatements } from './permissions/start.ts';
import { Schedules } from './schedules.ts';
import { Vault } from './vault.ts';

export interface SnapkeepStackProps extends StackProps {
  readonly config: Config;
  readonly bundles: Bundles;
}

/** A durable execution is stopped by the service a good while after a backup gives up by itself. */
const marginSeconds = 3600;

/** One deployment: the vault, the functions, a schedule per plan, and a topic to hear of trouble. */
export class SnapkeepStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles, ...props }: SnapkeepStackProps) {
    super(scope, id, {
      description: `Snapkeep deployment ${config.deployment}: backups of self-hosted developer platforms`,
      ...props,
    });
    Tags.of(this).add('snapkeep:deployment', config.deployment);
    const names = functionNames(config.deployment);
    const plans = Object.values(config.plans);
    const vault = new Vault(this, 'Vault', { vault: config.vault });
    const { topic } = new Notifications(this, 'Notifications', {
      deployment: config.deployment,
      emails: config.notify.emails,
    });

    // By name, not by reference: the worker's own environment and role name it, which would go round in circles.
    const workerArn = Arn.format(
      {
        service: 'lambda',
        resource: 'function',
        resourceName: names.backupWorker,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      this,
    );
    const workerAliasArn = `${workerArn}:${liveAlias}`;
    const entryEnvironment = { SNAPKEEP_BACKUP_WORKER_ARN: workerAliasArn };

    const worker = new SnapkeepFunction(this, 'BackupWorker', {
      functionName: names.backupWorker,
      description: 'Durable: makes the backup of one slot of a plan',
      bundle: bundles['backup-worker'],
      memoryMegabytes: 1024,
      timeout: Duration.minutes(15),
      environment: { ...entryEnvironment, SNAPKEEP_TOPIC_ARN: topic.topicArn },
      statements: backupWorkerStatements(this, {
        config,
        bucketArn: vault.bucketArn,
        topicArn: topic.topicArn,
        workerArn,
        workerAliasArn,
      }),
      durableTimeout: Duration.seconds(
        Math.max(...plans.map(({ timeoutSeconds }) => timeoutSeconds)) + marginSeconds,
      ),
    });
    const start = new SnapkeepFunction(this, 'Start', {
      functionName: names.start,
      description: 'Called by the schedules: starts the backup worker for a slot, once',
      bundle: bundles.start,
      memoryMegabytes: 512,
      timeout: Duration.minutes(1),
      environment: entryEnvironment,
      statements: startStatements(workerAliasArn),
    });
    const backup = new SnapkeepFunction(this, 'Backup', {
      functionName: names.backup,
      description: 'Called by people: {"plan": "..."} starts a backup now, with "slot" a failed one again',
      bundle: bundles.backup,
      memoryMegabytes: 512,
      timeout: Duration.minutes(1),
      environment: entryEnvironment,
      statements: backupStatements(workerArn, workerAliasArn),
    });
    // Nothing may start before there is something to start.
    for (const entry of [start, backup]) entry.node.addDependency(worker.alias);

    new Schedules(this, 'Schedules', {
      groupName: stackName(config),
      plans,
      targetArn: start.alias.functionArn,
      deadLettersArn: start.deadLetters.queueArn,
    });

    new CfnOutput(this, 'VaultBucket', { value: vault.bucketName });
    new CfnOutput(this, 'NotificationTopic', { value: topic.topicArn });
    new CfnOutput(this, 'BackupFunction', { value: names.backup });
  }
}
