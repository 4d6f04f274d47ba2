import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { EntryConfig, WorkerConfig } from '../plan/bundled-config.ts';
import { failedError } from '../shared/errors.ts';

/** `arn:aws:lambda:eu-west-1:111122223333:function:prod-eu-backup-worker:live`; durable functions need the qualifier. */
const qualifiedFunctionArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9-_]+:[A-Za-z0-9-_]+$/,
    'must be the ARN of a version or alias of a function',
  );

const common = {
  AWS_REGION: z.string().min(1),
  LAMBDA_TASK_ROOT: z.string().min(1),
};

const topicArn = z.string().regex(/^arn:aws[a-z-]*:sns:/, 'must be the ARN of a topic');

const entrySchema = z.object({ ...common, SNAPKEEP_WORKER_ARN: qualifiedFunctionArn });
const workerSchema = z.object({
  ...common,
  SNAPKEEP_BACKUP_WORKER_ARN: qualifiedFunctionArn,
  SNAPKEEP_ROTATE_WORKER_ARN: qualifiedFunctionArn,
  SNAPKEEP_TOPIC_ARN: topicArn,
});
const loneWorkerSchema = z.object({ ...common, SNAPKEEP_TOPIC_ARN: topicArn });

/** What came with the code. */
export interface Bundled<C> {
  readonly config: C;
  readonly snapkeepVersion: string;
}

/** Of a function that starts work: it has one worker behind it. */
export interface EntryEnvironment extends Bundled<EntryConfig> {
  readonly region: string;
  readonly workerArn: string;
}

export interface WorkerEnvironment extends Bundled<WorkerConfig> {
  readonly region: string;
  readonly backupWorkerArn: string;
  readonly rotateWorkerArn: string;
  readonly topicArn: string;
}

/** Of a worker that invokes no other function. */
export interface LoneWorkerEnvironment extends Bundled<WorkerConfig> {
  /** With the code, and all that came with it. */
  readonly folder: string;
  readonly region: string;
  readonly topicArn: string;
}

/** What the functions that start work read of their environment, once, at the start of the process. */
export function readEntryEnvironment(env: NodeJS.ProcessEnv = process.env): EntryEnvironment {
  const parsed = parse(entrySchema, env);
  return Object.freeze({
    ...readBundled<EntryConfig>(parsed.LAMBDA_TASK_ROOT),
    region: parsed.AWS_REGION,
    workerArn: parsed.SNAPKEEP_WORKER_ARN,
  });
}

/** What the backup worker reads of its environment, once, at the start of the process. */
export function readWorkerEnvironment(env: NodeJS.ProcessEnv = process.env): WorkerEnvironment {
  const parsed = parse(workerSchema, env);
  return Object.freeze({
    ...readBundled<WorkerConfig>(parsed.LAMBDA_TASK_ROOT),
    region: parsed.AWS_REGION,
    backupWorkerArn: parsed.SNAPKEEP_BACKUP_WORKER_ARN,
    rotateWorkerArn: parsed.SNAPKEEP_ROTATE_WORKER_ARN,
    topicArn: parsed.SNAPKEEP_TOPIC_ARN,
  });
}

/** What the workers of rotations and restores read of their environment. */
export function readLoneWorkerEnvironment(env: NodeJS.ProcessEnv = process.env): LoneWorkerEnvironment {
  const parsed = parse(loneWorkerSchema, env);
  return Object.freeze({
    ...readBundled<WorkerConfig>(parsed.LAMBDA_TASK_ROOT),
    folder: parsed.LAMBDA_TASK_ROOT,
    region: parsed.AWS_REGION,
    topicArn: parsed.SNAPKEEP_TOPIC_ARN,
  });
}

/** `config.json` beside the code: the environment of a function holds 4 KB at most. */
function readBundled<C extends EntryConfig>(folder: string): Bundled<C> {
  const bundleSchema = z.object({
    snapkeepVersion: z.string().min(1),
    // The stack checked the file it came from and wrote what this function reads beside its code, in one deployment;
    // the look at its members tells a bundle of another origin.
    config: z.custom<C>((value) => isObject(value) && isObject(value.plans) && isObject(value.vault)),
  });
  const file = join(folder, 'config.json');
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw failedError(`${file} cannot be read`, 'deploy the stack again (`npx cdk deploy`)', error);
  }
  const parsed = bundleSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  throw failedError(`${file} is not a bundled configuration`, 'deploy the stack again (`npx cdk deploy`)');
}

function parse<T>(schema: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw failedError(
    `the environment of this function is not as deployed: ${problems}`,
    'do not edit it by hand; deploy the stack again (`npx cdk deploy`)',
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
