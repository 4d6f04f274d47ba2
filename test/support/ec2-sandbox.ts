import { EC2Client } from '@aws-sdk/client-ec2';
import { DEFAULT_IDENTITY, type Identity } from '../../sandbox/identities.ts';
import type { Seed } from '../../sandbox/services/ec2/seed.ts';
import { createEc2, type Ec2, type Ec2Options } from '../../sandbox/services/ec2/service.ts';
import { World, type WorldOptions } from '../../sandbox/world.ts';
import { startSandbox } from './sandbox-server.ts';

/** Another account than the default one, with keys of its own. */
export const stranger: Identity = {
  accessKeyId: 'AKIASTRANGERSTRANGER',
  secretAccessKey: 'stranger-secret-for-tests-only',
  account: '999988887777',
  arn: 'arn:aws:iam::999988887777:user/stranger',
  userId: 'AIDASTRANGERSTRANGER',
};

export interface Ec2Sandbox extends AsyncDisposable {
  readonly ec2: Ec2;
  readonly seed: Seed;
  readonly world: World;
  readonly client: EC2Client;
  /** A client of another account. */
  readonly strangerClient: EC2Client;
  clientIn(region: string): EC2Client;
  now(): number;
  advance(seconds: number): void;
}

/** EC2 behind the real server, on a clock that the test moves. */
export async function startEc2(options: WorldOptions & Ec2Options = {}): Promise<Ec2Sandbox> {
  let now = Date.parse('2026-11-20T02:00:00Z');
  const world = new World({ snapshotSeconds: 10, clock: { now: () => now }, ...options });
  const ec2 = createEc2(world, options);
  const sandbox = await startSandbox(() => [ec2.service], {
    world,
    identities: [DEFAULT_IDENTITY, stranger],
  });
  const client = new EC2Client(sandbox.clientConfig);
  return {
    ec2,
    world,
    client,
    seed: ec2.seed('eu-west-1'),
    strangerClient: new EC2Client({ ...sandbox.clientConfig, credentials: stranger }),
    clientIn: (region) => new EC2Client({ ...sandbox.clientConfig, region }),
    now: () => now,
    advance(seconds) {
      now += seconds * 1000;
      world.settle();
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await sandbox.close();
    },
  };
}

/** `Code: message` of the error that a call must end in. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  throw new Error('The call was expected to be refused, but it went through.');
}
