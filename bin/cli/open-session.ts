import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { weaknessesOf } from '../../functions/catalog/existing-vault.ts';
import { Ledger } from '../../functions/catalog/ledger.ts';
import { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import { S3Vault } from '../../functions/catalog/s3-vault.ts';
import { type AwsClientOptions, createAwsClients } from '../../functions/clients/aws.ts';
import { createDrivers } from '../../functions/drivers/all.ts';
import { createRemovers } from '../../functions/drivers/removers.ts';
import type { Config } from '../../functions/plan/config.ts';
import type { Identity } from '../../functions/workflows/rotate/ports.ts';
import { checkAwsEnvironment } from './aws-environment.ts';
import type { Invocation } from './host.ts';
import type { Io } from './io.ts';
import type { Session } from './session.ts';

/** Makes the clients of one Region and account and what stands on them. */
export function openSession({ io, logger }: Invocation, config: Config): Session & { close(): void } {
  checkAwsEnvironment(io.env);
  const clients = createAwsClients(connectionOf(io, config));
  let asked: Promise<Identity> | undefined;
  const identity = () => {
    asked ??= clients.sts
      .send(new GetCallerIdentityCommand({}))
      .then(({ Account: account = '', Arn: arn = '' }) => ({ account, arn }));
    return asked;
  };
  const account = async () => (await identity()).account;
  const vault = new S3Vault({ s3: clients.s3, bucket: config.vault.bucket, clock: io.clock });
  const environment = { clients, region: config.region, account, clock: io.clock, logger };
  return {
    config,
    clients,
    vault,
    ledger: new Ledger(vault),
    rotations: new RotationLedger(vault),
    drivers: createDrivers(environment),
    removers: createRemovers(environment),
    identity,
    async checkVault() {
      await vault.check();
      if (!config.vault.existing) return;
      for (const weakness of await weaknessesOf(clients.s3, config.vault)) logger.warn(weakness);
    },
    close: () => clients.destroy(),
  };
}

/** With whose credentials and where the clients of a Region connect. */
export const connectionOf = ({ clock, env }: Io, { region }: Config): AwsClientOptions => ({
  region,
  clock,
  ...credentialsFrom(env),
  ...endpointFrom(env),
});

/** Keys from the command's own environment; without them, or with a profile, the SDK's chain finds credentials. */
function credentialsFrom(env: Io['env']) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY || AWS_PROFILE) return {};
  return {
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    },
  };
}

/** An endpoint for one service only is the SDK's business; it reads those variables itself. */
function endpointFrom(env: Io['env']) {
  const single = Object.keys(env).some((name) => name.startsWith('AWS_ENDPOINT_URL_'));
  if (!env.AWS_ENDPOINT_URL || single || env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === 'true') return {};
  return { endpoint: env.AWS_ENDPOINT_URL };
}
