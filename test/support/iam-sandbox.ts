/** A sandbox with one role that may do nothing until a test lets it. */
import { afterEach, beforeEach, expect } from 'vitest';
import type { Identity } from '../../sandbox/identities.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';

export const account = '123456789012';
export const region = 'eu-west-1';
export const vault = 'acme-vault';
export const roleArn = `arn:aws:iam::${account}:role/worker`;
export const sessionArn = `arn:aws:sts::${account}:assumed-role/worker/test`;
export const everything = { Action: '*', Resource: '*' };

export interface IamSandbox {
  readonly current: RunningSandbox;
  /** Any client of the role's session, with one attempt so that the first answer shows. */
  as<C>(Client: new (config: object) => C, credentials?: Identity): C;
  /** Replaces what the role may do. */
  allow(...statements: object[]): void;
}

/** A new one for each test of the file that calls this. */
export function useIamSandbox(): IamSandbox {
  let sandbox: RunningSandbox;
  beforeEach(async () => {
    sandbox = await startSandbox({ policies: { [roleArn]: [] } });
    sandbox.s3.seedBucket({ name: vault, region, account, versioned: true });
  });
  afterEach(async () => {
    expect(sandbox.internalErrors).toEqual([]);
    await sandbox.close();
  });
  return {
    get current() {
      return sandbox;
    },
    as: (Client, credentials = sandbox.iam.session(roleArn, 'test')) =>
      new Client({ endpoint: sandbox.url, region, credentials, maxAttempts: 1, forcePathStyle: true }),
    allow: (...statements) =>
      sandbox.iam.setPolicies(roleArn, [
        { Version: '2012-10-17', Statement: statements.map((each) => ({ Effect: 'Allow', ...each })) },
      ]),
  };
}
