/** The Lambda Runtime API of one execution environment, on a port of its own on the loopback interface. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** An invocation, as the runtime is told of it. */
export interface Task {
  readonly requestId: string;
  readonly payload: string;
  readonly functionArn: string;
  /** Real time in milliseconds since the epoch. */
  readonly deadline: number;
}

export interface RuntimeApi {
  /** `127.0.0.1:<port>`, for AWS_LAMBDA_RUNTIME_API */
  readonly address: string;
  /** Hands a task to the runtime as soon as it asks for the next one. */
  give(task: Task): void;
  close(): void;
}

export interface RuntimeApiListener {
  /** The code is loaded: the runtime asked for its first task. */
  ready(): void;
  answered(requestId: string, payload: string): void;
  failed(requestId: string | undefined, error: string): void;
}

export async function serveRuntimeApi(listener: RuntimeApiListener): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let next: Task | undefined;

  const hand = (): void => {
    if (!waiting || !next) return;
    const [response, task] = [waiting, next];
    waiting = undefined;
    next = undefined;
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': task.requestId,
      'lambda-runtime-deadline-ms': String(task.deadline),
      'lambda-runtime-invoked-function-arn': task.functionArn,
      'lambda-runtime-trace-id': `Root=1-${task.requestId.replaceAll('-', '').slice(0, 32)};Sampled=0`,
    });
    response.end(task.payload === '' ? '{}' : task.payload);
  };

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (message.url ?? '').replace('/2018-06-01/runtime/', '');
    if (message.method === 'GET' && path === 'invocation/next') {
      waiting = response;
      listener.ready();
      hand();
      return;
    }
    const body = await textOf(message);
    const [, requestId, what] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    response.writeHead(what || path === 'init/error' ? 202 : 404, { 'content-type': 'application/json' });
    response.end('{"status":"OK"}');
    if (requestId !== undefined && what === 'response') listener.answered(requestId, body);
    else if (what === 'error' || path === 'init/error') listener.failed(requestId, body);
  };

  const server = createServer((message, response) => {
    handle(message, response).catch(() => message.socket.destroy());
  });
  // A runtime may wait for its next task for as long as it likes.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    address: `127.0.0.1:${port}`,
    give(task) {
      next = task;
      hand();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
