import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  readEntryEnvironment,
  readLoneWorkerEnvironment,
  readWorkerEnvironment,
} from '../../../functions/handlers/environment.ts';

const workerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-backup-worker:live';
const rotateWorkerArn = 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-rotate-worker:live';
const config = { deployment: 'prod-eu', vault: { bucket: 'b' }, plans: { ci: {} } };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapkeep-environment-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ snapkeepVersion: '1.2.3', config }));
});
afterEach(() => rmSync(folder, { recursive: true }));

const environment = (overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  AWS_REGION: 'eu-west-1',
  LAMBDA_TASK_ROOT: folder,
  SNAPKEEP_BACKUP_WORKER_ARN: workerArn,
  SNAPKEEP_ROTATE_WORKER_ARN: rotateWorkerArn,
  SNAPKEEP_WORKER_ARN: rotateWorkerArn,
  SNAPKEEP_TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:topic',
  ...overrides,
});

describe('the environment of a function', () => {
  it('is read into one frozen object, with the bundled configuration', () => {
    const read = readWorkerEnvironment(environment());
    expect(read).toEqual({
      config,
      snapkeepVersion: '1.2.3',
      region: 'eu-west-1',
      backupWorkerArn: workerArn,
      rotateWorkerArn,
      topicArn: 'arn:aws:sns:eu-west-1:123456789012:topic',
    });
    expect(Object.isFrozen(read)).toBe(true);
  });

  it('holds one worker of an entry function, and no other function of a worker without any', () => {
    const common = { config, snapkeepVersion: '1.2.3', region: 'eu-west-1' };
    expect(readEntryEnvironment(environment())).toEqual({ ...common, workerArn: rotateWorkerArn });
    expect(readLoneWorkerEnvironment(environment())).toEqual({
      ...common,
      folder,
      topicArn: 'arn:aws:sns:eu-west-1:123456789012:topic',
    });
  });

  it('refuses the bare ARN of a durable function', () => {
    const bare = environment({ SNAPKEEP_WORKER_ARN: workerArn.replace(/:live$/, '') });
    expect(() => readEntryEnvironment(bare)).toThrow(
      'SNAPKEEP_WORKER_ARN: must be the ARN of a version or alias',
    );
  });

  it('names a variable that is missing', () => {
    expect(() => readWorkerEnvironment(environment({ SNAPKEEP_TOPIC_ARN: undefined }))).toThrow(
      'SNAPKEEP_TOPIC_ARN',
    );
  });

  it('says what to do when the bundle has no configuration', () => {
    rmSync(join(folder, 'config.json'));
    expect(() => readEntryEnvironment(environment())).toThrow('config.json cannot be read');
  });

  it('refuses a configuration of another origin', () => {
    writeFileSync(join(folder, 'config.json'), '{"plans":{}}');
    expect(() => readEntryEnvironment(environment())).toThrow('is not a bundled configuration');
  });
});
