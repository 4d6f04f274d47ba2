import {
  AssumeRoleCommand,
  GetAccessKeyInfoCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_IDENTITY, Identities } from '../../sandbox/identities.ts';
import { createSts } from '../../sandbox/services/sts/service.ts';
import { codeOf, refusalOf } from '../support/refusal.ts';
import { type StartedSandbox, startSandbox } from '../support/sandbox-server.ts';

const account = DEFAULT_IDENTITY.account;
const RoleArn = `arn:aws:iam::${account}:role/ops/snapkeep-backup`;
let sandbox: StartedSandbox;
let client: STSClient;

beforeAll(async () => {
  const identities = new Identities();
  sandbox = await startSandbox((world) => [createSts(world, { identities }).service], { identities });
  client = new STSClient(sandbox.clientConfig);
});
afterAll(() => sandbox.close());

const assume = (more: object = {}) =>
  client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'nightly', ...more }));

test('the caller is told who it is', async () => {
  expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: account,
    Arn: DEFAULT_IDENTITY.arn,
    UserId: DEFAULT_IDENTITY.userId,
  });
});

test('an assumed role signs with its own credentials, session token included', async () => {
  const before = Date.now();
  const { Credentials, AssumedRoleUser } = await assume({ DurationSeconds: 900 });
  expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${account}:assumed-role/snapkeep-backup/nightly`);
  expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  const lifetime = (Credentials?.Expiration?.getTime() ?? 0) - before;
  expect(lifetime).toBeGreaterThan(898_000);
  expect(lifetime).toBeLessThan(910_000);
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  const as = (more: object) =>
    new STSClient({ ...sandbox.clientConfig, credentials: { ...credentials, ...more } }).send(
      new GetCallerIdentityCommand({}),
    );
  expect(await as({})).toMatchObject({ Arn: AssumedRoleUser?.Arn, UserId: AssumedRoleUser?.AssumedRoleId });
  expect((await refusalOf(as({ sessionToken: 'another' }))).status).toBe(403);
  const { Account } = await client.send(
    new GetAccessKeyInfoCommand({ AccessKeyId: credentials.accessKeyId }),
  );
  expect(Account).toBe(account);
});

test('impossible requests are refused in the words of the service', async () => {
  const short = await refusalOf(assume({ RoleSessionName: 'a b' }));
  expect(short.name).toBe('ValidationError');
  expect(short.message).toContain(
    "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy",
  );
  expect(await codeOf(assume({ DurationSeconds: 899 }))).toBe('ValidationError 400');
  expect((await refusalOf(assume({ DurationSeconds: 7200 }))).message).toContain('MaxSessionDuration');
  expect(await codeOf(assume({ RoleArn: `arn:aws:iam::${account}:user/somebody` }))).toBe(
    'ValidationError 400',
  );
});

test('a role of another account does not trust us', async () => {
  const refusal = await refusalOf(assume({ RoleArn: 'arn:aws:iam::999999999999:role/theirs' }));
  expect(refusal).toMatchObject({ name: 'AccessDenied', status: 403 });
  expect(refusal.message).toContain(
    'is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::999',
  );
});
