import type { Ledger } from '../../functions/catalog/ledger.ts';
import type { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import type { S3Vault } from '../../functions/catalog/s3-vault.ts';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { accessProblem } from '../../functions/clients/problems.ts';
import type { Driver } from '../../functions/drivers/driver.ts';
import type { Remover } from '../../functions/drivers/removal.ts';
import type { Config, Regions } from '../../functions/plan/config.ts';
import { findRegion } from '../../functions/plan/load.ts';
import { formatProblem } from '../../functions/plan/problems.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import type { Identity } from '../../functions/workflows/rotate/ports.ts';
import type { Invocation } from './host.ts';

/** What a verb that works with AWS stands on: one configuration, one Region, one account. */
export interface Session {
  readonly config: Config;
  readonly clients: AwsClients;
  readonly vault: S3Vault;
  readonly ledger: Ledger;
  readonly rotations: RotationLedger;
  readonly drivers: Readonly<Record<SourceKind, Driver>>;
  readonly removers: Readonly<Record<SourceKind, Remover>>;
  /** Of the credentials; asked for once. */
  identity(): Promise<Identity>;
  /** Throws a `usage` error for a bucket that cannot be a vault; of one that was there before, weaknesses are logged. */
  checkVault(): Promise<void>;
}

/** The Regions of the configuration; what is odd about it is logged. */
export async function loadRegions(invocation: Invocation): Promise<Regions> {
  const { regions, warnings } = await invocation.loadConfig();
  for (const warning of warnings) invocation.logger.warn(formatProblem(warning, true));
  return regions;
}

/**
 * Opens a session in the Region of a plan, runs `work` in it and closes its connections. Throws a `usage` error for a
 * plan that is not there.
 */
export async function withSession<T>(
  invocation: Invocation,
  plan: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return inRegion(invocation, findRegion(await loadRegions(invocation), plan), work);
}

/** The same in a Region that is known. Problems with credentials, Region or network come out as one sentence. */
export async function inRegion<T>(
  invocation: Invocation,
  config: Config,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  // Loaded here, so that verbs without AWS do not wait for its clients.
  const { openSession } = await import('./open-session.ts');
  const session = openSession(invocation, config);
  try {
    return await work(session);
  } catch (error) {
    throw accessProblem(error) ?? error;
  } finally {
    session.close();
  }
}
