import pLimit from 'p-limit';
import { type AwsClients, createAwsClients } from '../../functions/clients/aws.ts';
import { unpaced } from '../../functions/clients/request-rates.ts';
import { createDrivers } from '../../functions/drivers/all.ts';
import type { LiveCopy, Remover } from '../../functions/drivers/removal.ts';
import { createRemovers } from '../../functions/drivers/removers.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { slotOf } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { VirtualClock } from '../../functions/shared/virtual-clock.ts';
import type { Fault } from '../../sandbox/faults.ts';
import { type RunningSandbox, startSandbox } from '../../sandbox/start.ts';
import { account, region } from './cloud.ts';
import { stranger } from './ec2-sandbox.ts';

export { account, region };
export const otherAccount = stranger.account;
export const backupId = '1795140000_2026_11_20_ci';

/** The sandbox, clients of this account and of another one, and copies made by the real drivers. */
export interface RemoverCloud {
  readonly sandbox: RunningSandbox;
  readonly clock: VirtualClock;
  readonly clients: AwsClients;
  readonly strangerClients: AwsClients;
  readonly remover: Remover;
  readonly rival: Remover;
  passSeconds(seconds: number): void;
  /** Starts a copy of each source through its driver; its ID. Every copy has a slot of its own. */
  begin(sourceId: string, deployment: string): Promise<string>;
  beginAll(sourceIds: readonly string[], deployment: string): Promise<string[]>;
  fault(fault: Fault): void;
  /** Takes the faults away that were added last. */
  heal(): void;
  close(): Promise<void>;
}

export async function startRemoverCloud(kind: SourceKind): Promise<RemoverCloud> {
  const clock = new VirtualClock(Date.parse('2026-11-20T02:00:07Z'));
  const sandbox = await startSandbox({
    clock,
    snapshotSeconds: 60,
    ec2: { pendingSnapshotsPerAccount: 'unlimited', pendingSnapshotsPerVolume: 'unlimited' },
  });
  sandbox.rds.limits.manualSnapshots = 1000;
  sandbox.rds.limits.manualClusterSnapshots = 1000;
  sandbox.identities.add(stranger);
  const made: AwsClients[] = [];
  const clientsOf = (credentials: { accessKeyId: string; secretAccessKey: string }): AwsClients => {
    const clients = createAwsClients({ region, endpoint: sandbox.url, credentials, clock, rates: unpaced });
    made.push(clients);
    return clients;
  };
  const clients = clientsOf(sandbox.identity);
  const removerOf = (its: AwsClients): Remover =>
    createRemovers({ clients: its, account: async () => account, clock })[kind];
  const driver = createDrivers({
    clients,
    region,
    account: async () => account,
    clock,
    logger: silentLogger,
  })[kind];
  let copies = 0;
  const begin = async (sourceId: string, deployment: string): Promise<string> => {
    copies += 1;
    const outcome = await driver.start({
      source: { kind, id: sourceId, region },
      relaunch: { instance_type: 't3.micro' },
      reboot: false,
      deployment,
      plan: 'ci',
      backupId,
      slot: slotOf(Date.parse('2026-11-20T02:00:00Z') + copies * 60_000),
      attempt: 1,
    });
    if (outcome.state !== 'started') throw new Error(`no copy of ${sourceId}: ${JSON.stringify(outcome)}`);
    return outcome.id;
  };
  return {
    sandbox,
    clock,
    clients,
    strangerClients: clientsOf(stranger),
    remover: removerOf(clients),
    rival: removerOf(clientsOf(sandbox.identity)),
    passSeconds: (seconds) => {
      clock.advance(seconds * 1000);
      sandbox.world.settle();
    },
    begin,
    beginAll: (sourceIds, deployment) => {
      const limit = pLimit(20);
      return Promise.all(sourceIds.map((id) => limit(() => begin(id, deployment))));
    },
    fault: (fault) => sandbox.faults.add(fault),
    heal: () => sandbox.faults.replace([]),
    close: async () => {
      for (const its of made) its.destroy();
      await sandbox.close();
    },
  };
}

/** A copy of the inventory, which must list it. */
export async function listedCopy(remover: Remover, id: string): Promise<LiveCopy> {
  const { copies } = await remover.inventory({ deployment: 'prod-eu' });
  const copy = copies.find((candidate) => candidate.id === id);
  if (copy === undefined) throw new Error(`the inventory does not list ${id}`);
  return copy;
}
