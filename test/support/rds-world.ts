import { RDSClient } from '@aws-sdk/client-rds';
import { DEFAULT_IDENTITY } from '../../sandbox/identities.ts';
import { createSandboxServer } from '../../sandbox/server.ts';
import { createRds, type Rds, type RdsOptions } from '../../sandbox/services/rds/service.ts';
import { World, type WorldOptions } from '../../sandbox/world.ts';

export const account = DEFAULT_IDENTITY.account;
export const region = 'eu-west-1';

/** RDS alone behind a real server, on a clock that the test moves. */
export interface RdsWorld {
  readonly rds: Rds;
  readonly client: RDSClient;
  readonly world: World;
  /** The next answer of this action is done and then lost. */
  loseAnswer(action: string): void;
  passSeconds(seconds: number): void;
  calls(): number;
  /** A client of another account, whose account number is the argument. */
  clientOf(otherAccount: string): RDSClient;
  clientIn(otherRegion: string): RDSClient;
  close(): Promise<void>;
}

export const snapshotSeconds = 60;

export async function startRdsWorld(
  options: Omit<WorldOptions, 'clock'> & { readonly rds?: RdsOptions } = {},
): Promise<RdsWorld> {
  let now = Date.parse('2026-11-20T02:00:00Z');
  const world = new World({ snapshotSeconds, ...options, clock: { now: () => now } });
  const rds = createRds(world, options.rds);
  const server = createSandboxServer({ world, services: [rds.service] });
  await server.listen();
  const clients: RDSClient[] = [];
  const clientFor = (
    credentials: { accessKeyId: string; secretAccessKey: string },
    where = region,
  ): RDSClient => {
    const client = new RDSClient({ endpoint: server.url, region: where, credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  return {
    rds,
    world,
    client: clientFor(DEFAULT_IDENTITY),
    passSeconds: (seconds) => {
      now += seconds * 1000;
    },
    loseAnswer: (action) =>
      server.faults.add({
        service: 'rds',
        action,
        code: 'InternalFailure',
        status: 500,
        times: 1,
        when: 'after',
      }),
    calls: () => server.requests.total,
    clientIn: (otherRegion) => clientFor(DEFAULT_IDENTITY, otherRegion),
    clientOf: (otherAccount) => {
      const identity = {
        accessKeyId: `AKIA${otherAccount}0000`,
        secretAccessKey: `secret-of-${otherAccount}`,
        account: otherAccount,
        arn: `arn:aws:iam::${otherAccount}:user/other`,
        userId: `AIDA${otherAccount}`,
      };
      server.identities.add(identity);
      return clientFor(identity);
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await server.close();
      world.close();
    },
  };
}
