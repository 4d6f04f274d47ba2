import { DEFAULT_IDENTITY, type Identity } from '../../sandbox/identities.ts';
import { createSandboxServer, type SandboxServer, type SandboxServerOptions } from '../../sandbox/server.ts';
import type { Service } from '../../sandbox/service.ts';
import { World } from '../../sandbox/world.ts';

export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Identity;
  readonly maxAttempts: number;
  readonly forcePathStyle: boolean;
}

export interface StartedSandbox extends AsyncDisposable {
  readonly server: SandboxServer;
  readonly world: World;
  /** For any SDK client: one attempt, so that a test sees the first answer. */
  readonly clientConfig: ClientConfig;
  close(): Promise<void>;
}

/** @param services made for the world that the options name, or for a new one */
export async function startSandbox(
  services: (world: World) => Iterable<Service>,
  options: Partial<Omit<SandboxServerOptions, 'services'>> = {},
): Promise<StartedSandbox> {
  const world = options.world ?? new World();
  const server = createSandboxServer({ ...options, world, services: services(world) });
  await server.listen();
  const close = async (): Promise<void> => {
    await server.close();
    world.close();
  };
  return {
    server,
    world,
    clientConfig: {
      endpoint: server.url,
      region: 'eu-west-1',
      credentials: DEFAULT_IDENTITY,
      maxAttempts: 1,
      forcePathStyle: true,
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
