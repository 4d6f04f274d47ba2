import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import type { Config } from '../../../functions/plan/config.ts';
import { configDigest } from '../../../functions/plan/config-digest.ts';
import { nearest } from '../../../functions/plan/nearest.ts';
import { errorCode, usageError } from '../../../functions/shared/errors.ts';
import type { Logger } from '../../../functions/shared/logger.ts';
import { stackName } from '../../../lib/names.ts';
import { outputKeys } from '../../../lib/output-keys.ts';
import { snapkeepVersion } from '../version.ts';

/** What a deployment lets the command line start: ARNs of aliases. */
export interface DeployedStack {
  readonly name: string;
  readonly region: string;
  /** Names of the plans that the deployed functions know. */
  readonly plans: readonly string[];
  readonly backupWorkerArn: string;
  readonly rotateWorkerArn: string;
  readonly restoreWorkerArn: string;
}

const deployAgain = 'deploy it again: npx cdk deploy -c config=FILE';

/**
 * Finds the stack of a configuration. Throws a usage error when it is not there, not in order, of a version that this
 * one does not understand, or not of this configuration; warns when the deployed functions follow another one.
 */
export async function findStack(
  cloudformation: CloudFormationClient,
  config: Config,
  logger: Logger,
): Promise<DeployedStack> {
  const { region } = config;
  const name = stackName(config);
  const stack = await describe(cloudformation, name, region);
  checkStatus(name, stack);
  const outputs = new Map(stack.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const output = (key: string): string => {
    const value = outputs.get(key);
    if (value) return value;
    throw usageError(
      `the stack ${name} does not say its ${key}: an older version of Snapkeep deployed it, or something else did`,
      deployAgain,
    );
  };
  checkVersion(name, output(outputKeys.version));
  checkMatch(name, config, output(outputKeys.deployment), output(outputKeys.vaultBucket));
  if (
    output(outputKeys.version) === snapkeepVersion &&
    output(outputKeys.configDigest) !== configDigest(config)
  )
    logger.warn(
      `the deployed functions work by a configuration that differs from this one; to make them follow it, ${deployAgain}`,
    );
  return {
    name,
    region,
    plans: output(outputKeys.plans).split(','),
    backupWorkerArn: output(outputKeys.backupWorker),
    rotateWorkerArn: output(outputKeys.rotateWorker),
    restoreWorkerArn: output(outputKeys.restoreWorker),
  };
}

/** Throws a usage error for a plan that the deployed functions do not know. */
export function requireDeployedPlan({ name, plans }: DeployedStack, plan: string): void {
  if (plans.includes(plan)) return;
  const guess = nearest(plan, plans);
  throw usageError(
    `plan ${plan} is not deployed: the functions of ${name} know ${plans.join(', ')}`,
    guess === undefined
      ? `if it was added lately, ${deployAgain}`
      : `did you mean ${guess}? Else ${deployAgain}`,
  );
}

async function describe(client: CloudFormationClient, name: string, region: string): Promise<Stack> {
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    if (stack) return stack;
  } catch (error) {
    // There is no code of its own for a stack that does not exist.
    if (errorCode(error) !== 'ValidationError' || !/does not exist/.test(String(error))) throw error;
  }
  throw usageError(
    `there is no stack ${name} in ${region}`,
    'deploy it (npx cdk deploy -c config=FILE), look whether credentials, `deployment` and `region` are those that it was deployed with, or leave out --deployed',
  );
}

/** Also after an update that failed: what was there before is there again. */
const inOrder: readonly string[] = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  // Everything is in place; what it replaced is being removed.
  'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
  'UPDATE_ROLLBACK_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
];

function checkStatus(name: string, { StackStatus, StackStatusReason: why }: Stack): void {
  const status = String(StackStatus);
  if (inOrder.includes(status)) return;
  const reason = why === undefined ? '' : `: ${why}`;
  if (status === 'REVIEW_IN_PROGRESS')
    throw usageError(
      `the stack ${name} was prepared and never deployed (${status})`,
      'finish its deployment',
    );
  if (status.startsWith('DELETE'))
    throw usageError(
      `the stack ${name} is being removed, or was in part (${status}${reason})`,
      'wait for the end of that, then deploy it again; or leave out --deployed',
    );
  if (status.endsWith('_IN_PROGRESS'))
    throw usageError(
      `the stack ${name} is being deployed or rolled back at the moment (${status})`,
      'wait until that is over, then run the same command again',
    );
  if (status.startsWith('UPDATE') || status.startsWith('IMPORT'))
    throw usageError(
      `the last update of the stack ${name} went wrong and was not undone (${status}${reason})`,
      'continue its rollback in the CloudFormation console, then deploy it again',
    );
  throw usageError(
    `the first deployment of the stack ${name} failed (${status}${reason})`,
    'delete the stack, repair the cause (its events in the CloudFormation console name it), and deploy again',
  );
}

/** Of one line: the same major version, and before 1.0 the same minor version ("Semantic Versioning", 4 and 8). */
function checkVersion(name: string, deployed: string): void {
  if (lineOf(deployed) === lineOf(snapkeepVersion)) return;
  throw usageError(
    `the stack ${name} was deployed by Snapkeep ${deployed}, and this is ${snapkeepVersion}`,
    `use that version, or ${deployAgain}`,
  );
}

function lineOf(version: string): string {
  const [major = '', minor = ''] = version.split('.');
  return major === '0' ? `0.${minor}` : major;
}

function checkMatch(name: string, { deployment, vault }: Config, deployed: string, bucket: string): void {
  if (deployed !== deployment)
    throw usageError(
      `the stack ${name} is of the deployment ${deployed}, and this configuration is of ${deployment}`,
      'use the configuration that was deployed, or another name for this deployment',
    );
  if (bucket !== vault.bucket)
    throw usageError(
      `the deployed vault is ${bucket}, and this configuration names ${vault.bucket}`,
      `correct vault.bucket, or ${deployAgain}`,
    );
}
