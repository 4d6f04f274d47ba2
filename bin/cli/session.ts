import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Ledger } from '../../functions/catalog/ledger.ts';
import { S3Vault } from '../../functions/catalog/s3-vault.ts';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { accessProblem } from '../../functions/clients/problems.ts';
import { createDrivers } from '../../functions/drivers/all.ts';
import type { Driver } from '../../functions/drivers/driver.ts';
import type { Config } from '../../functions/plan/config.ts';
import { formatProblem } from '../../functions/plan/problems.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import type { Invocation } from './host.ts';
import type { Io } from './io.ts';

/** What a verb that works with AWS stands on: one configuration, one Region, one account. */
export interface Session {
  readonly config: Config;
  readonly clients: AwsClients;
  readonly vault: S3Vault;
  readonly ledger: Ledger;
  readonly drivers: Readonly<Record<SourceKind, Driver>>;
  /** Of the credentials; asked for once. */
  account(): Promise<string>;
}

/**
 * Opens a session, runs `work` in it and closes its connections. Problems with credentials, Region or network come
 * out as one sentence.
 */
export async function withSession<T>(
  invocation: Invocation,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { config, warnings } = await invocation.loadConfig();
  for (const warning of warnings) invocation.logger.warn(formatProblem(warning, true));
  const { io, logger } = invocation;
  const clients = createAwsClients({
    region: config.region,
    clock: io.clock,
    ...credentialsFrom(io.env),
    ...endpointFrom(io.env),
  });
  let asked: Promise<string> | undefined;
  const account = () => {
    asked ??= clients.sts.send(new GetCallerIdentityCommand({})).then(({ Account = '' }) => Account);
    return asked;
  };
  const vault = new S3Vault({ s3: clients.s3, bucket: config.vault.bucket, clock: io.clock });
  const drivers = createDrivers({ clients, region: config.region, account, clock: io.clock, logger });
  try {
    return await work({ config, clients, vault, ledger: new Ledger(vault), drivers, account });
  } catch (error) {
    throw accessProblem(error) ?? error;
  } finally {
    clients.destroy();
  }
}

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
