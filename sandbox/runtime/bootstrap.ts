/**
 * The program of an execution environment: loads a function's code and works through its invocations, over the Lambda
 * Runtime API ("Using the Lambda runtime API for custom runtimes"). It runs in a process of its own and may import
 * nothing of the sandbox.
 */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: object) => unknown;

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const { env } = process;
const agent = new Agent({ keepAlive: true });

function call(method: 'GET' | 'POST', path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${path}`;
    const sent = request(url, { method, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function describe(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name: errorType, message: errorMessage, stack = '' } = error;
  return JSON.stringify({ errorType, errorMessage, trace: stack.split('\n') });
}

async function load(): Promise<Handler> {
  const [file = 'index', name = 'handler'] = (env._HANDLER ?? '').split('.');
  const folder = env.LAMBDA_TASK_ROOT ?? '.';
  const code: Record<string, unknown> = await import(pathToFileURL(join(folder, `${file}.mjs`)).href);
  const handler = code[name];
  if (typeof handler !== 'function') throw new TypeError(`${file}.${name} is undefined or not exported`);
  // Sound: whatever a bundle exports under that name is called as Lambda calls it.
  return handler as Handler;
}

function contextOf(headers: IncomingHttpHeaders): object {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function work(handler: Handler): Promise<never> {
  for (;;) {
    const { headers, body } = await call('GET', 'invocation/next');
    const id = headers['lambda-runtime-aws-request-id'];
    let path: string;
    let answer: string;
    try {
      const result = await handler(JSON.parse(body), contextOf(headers));
      [path, answer] = [`invocation/${id}/response`, JSON.stringify(result) ?? 'null'];
    } catch (error) {
      [path, answer] = [`invocation/${id}/error`, describe(error)];
    }
    await call('POST', path, answer);
  }
}

// Whoever started this process holds the other end of its input: without it there is nobody to work for.
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

let handler: Handler;
try {
  handler = await load();
} catch (error) {
  await call('POST', 'init/error', describe(error)).catch(() => undefined);
  process.exit(1);
}
await work(handler).catch(() => process.exit(1));
