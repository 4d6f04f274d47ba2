import { Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../functions/plan/config.ts';
import { Alarms } from './alarms.ts';
import { addBackup } from './backup-functions.ts';
import type { Bundles } from './bundles.ts';
import { ConsoleEvents } from './console-events.ts';
import { BackupDashboard } from './dashboard.ts';
import { stackName } from './names.ts';
import { Notifications } from './notifications.ts';
import { addOutputs } from './outputs.ts';
import type { Parts } from './parts.ts';
import { addRestore } from './restore-functions.ts';
import { addRotation } from './rotate-functions.ts';
import { Schedules } from './schedules.ts';
import { Vault } from './vault.ts';

export interface SnapkeepStackProps extends StackProps {
  readonly config: Config;
  readonly bundles: Bundles;
}

/** One deployment: the vault, the functions, the schedules, and a topic to hear of trouble. */
export class SnapkeepStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles, ...props }: SnapkeepStackProps) {
    super(scope, id, {
      description: `Snapkeep deployment ${config.deployment}: backups of self-hosted developer platforms`,
      ...props,
    });
    Tags.of(this).add('snapkeep:deployment', config.deployment);
    const consoleEvents = new ConsoleEvents(this, 'Console', { config });
    const vault = new Vault(this, 'Vault', { vault: config.vault });
    // Where the registry is there already, the first deployment ends before it has made a bucket that stays.
    vault.node.addDependency(consoleEvents);
    const { topic } = new Notifications(this, 'Notifications', {
      deployment: config.deployment,
      emails: config.notify.emails,
    });
    const { bucketArn } = vault;
    const parts: Parts = { stack: this, config, bundles, bucketArn, topicArn: topic.topicArn };
    const { start, worker: backupWorker } = addBackup(parts);
    const { rotate, worker: rotateWorker } = addRotation(parts);
    const { worker: restoreWorker } = addRestore(parts);
    vault.open([backupWorker, rotateWorker, restoreWorker]);

    new Schedules(this, 'Schedules', {
      groupName: stackName(config),
      plans: Object.values(config.plans),
      startArn: start.alias.functionArn,
      rotateArn: rotate.alias.functionArn,
      deadLettersArn: start.deadLetters.queueArn,
    });

    // After the functions: it watches all that there are.
    const alarms = new Alarms(this, 'Alarms', { config, topic });
    new BackupDashboard(this, 'Dashboard', { config, alarms: alarms.all });

    addOutputs(parts, { vaultBucket: vault.bucketName });
  }
}
