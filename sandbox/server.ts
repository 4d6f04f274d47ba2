/** One loopback server for every AWS service: the signature's credential scope says which one a request is for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { answerControl, type Controls, isControlRequest } from './control.ts';
import { createDispatcher, type DispatcherOptions } from './dispatcher.ts';
import { type Fault, Faults } from './faults.ts';
import { readRequest, sendResponse } from './http-message.ts';
import { Identities, type Identity } from './identities.ts';
import { Latency } from './latency.ts';
import { RequestLog } from './requests.ts';
import type { Serverless } from './serverless.ts';
import type { Service } from './service.ts';
import { Throttle, type ThrottleSettings } from './throttle.ts';
import type { World } from './world.ts';

export interface SandboxServerOptions {
  readonly world: World;
  readonly services: Iterable<Service>;
  /** One default identity when left out (`DEFAULT_IDENTITY`). */
  readonly identities?: Identities | Iterable<Identity>;
  readonly faults?: Faults | Iterable<Fault>;
  /** Off when left out. */
  readonly throttling?: Partial<ThrottleSettings>;
  /** Real milliseconds added to each answer, 0 when left out. */
  readonly latencyMilliseconds?: number;
  /** How many of the last requests are kept, 1,000 when left out. */
  readonly requestLogSize?: number;
  /** Asked before each operation; refuses by throwing a ServiceError. */
  readonly authorize?: DispatcherOptions['authorize'];
  /** Told of mistakes of the sandbox itself, which the client sees as internal errors. */
  readonly onInternalError?: DispatcherOptions['onInternalError'];
  /** What `/_sandbox/` shows of executions, logs and schedules. */
  readonly serverless?: Serverless;
}

export interface SandboxServer {
  /** Resolves once the server takes requests. @param port any free one when left out or 0 */
  listen(port?: number): Promise<void>;
  /** Ends open connections too. */
  close(): Promise<void>;
  /** `http://127.0.0.1:<port>`, once it listens. */
  readonly url: string;
  readonly port: number;
  readonly world: World;
  readonly requests: RequestLog;
  readonly faults: Faults;
  readonly throttle: Throttle;
  readonly latency: Latency;
  readonly identities: Identities;
}

export function createSandboxServer(options: SandboxServerOptions): SandboxServer {
  const controls: Controls = {
    world: options.world,
    requests: new RequestLog(options.requestLogSize),
    faults: options.faults instanceof Faults ? options.faults : new Faults(options.faults),
    throttle: new Throttle(options.throttling),
    latency: new Latency(options.latencyMilliseconds),
    serverless: options.serverless,
  };
  const identities =
    options.identities instanceof Identities ? options.identities : new Identities(options.identities);
  const dispatch = createDispatcher({
    ...controls,
    identities,
    services: options.services,
    authorize: options.authorize,
    onInternalError: options.onInternalError,
  });
  let port = 0;

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(message);
    const answer = isControlRequest(request)
      ? await answerControl(controls, request, port)
      : await dispatch(request);
    if (answer === 'cut') message.socket.destroy();
    else await sendResponse(message, response, answer);
  };

  const server = createServer((message, response) => {
    handle(message, response).catch(() => {
      // The client went away, or sent more than the sandbox takes: there is nobody to answer.
      message.socket.destroy();
    });
  });
  // Clients keep connections for reuse; the server must not be the one that closes them first.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;

  return {
    ...controls,
    identities,
    listen: (requestedPort = 0) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(requestedPort, '127.0.0.1', () => {
          server.off('error', reject);
          const address = server.address();
          port = typeof address === 'object' && address ? address.port : requestedPort;
          resolve();
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    get url() {
      if (port === 0) throw new Error('the sandbox has no address before it listens');
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
  };
}
