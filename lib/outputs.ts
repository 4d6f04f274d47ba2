import { CfnOutput } from 'aws-cdk-lib';
import { configDigest } from '../functions/plan/config-digest.ts';
import packageJson from '../package.json' with { type: 'json' };
import { functionNames } from './names.ts';
import { outputKeys } from './output-keys.ts';
import { aliasArn, type Parts } from './parts.ts';

/** What the stack tells of itself: to people where things are, to the command line what it may start and follow. */
export function addOutputs(parts: Parts, { vaultBucket }: { readonly vaultBucket: string }): void {
  const { stack, config, topicArn } = parts;
  const names = functionNames(config.deployment);
  const outputs: Readonly<Record<string, readonly [value: string, description: string]>> = {
    [outputKeys.deployment]: [config.deployment, 'Name of this deployment'],
    [outputKeys.version]: [packageJson.version, 'Version of Snapkeep that was deployed'],
    [outputKeys.plans]: [Object.keys(config.plans).join(','), 'Plans of this Region'],
    [outputKeys.configDigest]: [configDigest(config), 'Tells one deployed configuration from another'],
    [outputKeys.vaultBucket]: [vaultBucket, 'Bucket with the ledger'],
    NotificationTopic: [topicArn, 'Topic that alarms and reports go to'],
    BackupFunction: [names.backup, 'Starts a backup'],
    RotateFunction: [names.rotate, 'Starts rotations'],
    RestoreFunction: [names.restore, 'Starts a restore'],
    [outputKeys.backupWorker]: [aliasArn(parts, 'backupWorker'), 'What makes backups'],
    [outputKeys.rotateWorker]: [aliasArn(parts, 'rotateWorker'), 'What rotates'],
    [outputKeys.restoreWorker]: [aliasArn(parts, 'restoreWorker'), 'What restores'],
  };
  for (const [key, [value, description]] of Object.entries(outputs))
    new CfnOutput(stack, key, { value, description });
}
