/** A process that runs a function's code, one invocation after the other, as Lambda's execution environments do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { InvocationContext, Outcome } from '../services/lambda/state.ts';
import { lineReader } from './logs.ts';
import { type RuntimeApi, serveRuntimeApi } from './runtime-api.ts';

export interface EnvironmentOptions {
  /** The folder of the code: working directory of the process. */
  readonly taskRoot: string;
  /** All that the process finds in its environment, except for the address of its Runtime API. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of one invocation. */
  readonly timeoutSeconds: number;
  readonly write: (line: string) => void;
}

const bootstrap = fileURLToPath(new URL('bootstrap.ts', import.meta.url));
/** Loading the code may take this long; Lambda gives ten seconds to a machine that does nothing else. */
const initSeconds = 60;

/** What Lambda answers when not the code but its process went wrong. */
export const errorOutcome = (errorType: string, errorMessage: string): Outcome => ({
  payload: JSON.stringify({ errorType, errorMessage }),
  functionError: 'Unhandled',
});

interface Running {
  readonly requestId: string;
  readonly settle: (outcome: Outcome) => void;
}

export class ExecutionEnvironment {
  readonly #process: ChildProcess;
  readonly #api: RuntimeApi;
  readonly #options: EnvironmentOptions;
  #running: Running | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ready = false;
  #initError: string | undefined;
  #dead: string | undefined;

  private constructor(options: EnvironmentOptions, api: RuntimeApi) {
    this.#options = options;
    this.#api = api;
    const child = spawn(process.execPath, [bootstrap], {
      cwd: options.taskRoot,
      env: { ...options.environment, AWS_LAMBDA_RUNTIME_API: api.address },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    // A process that is gone takes no input; nobody has to hear of that.
    child.stdin.on('error', () => {});
    for (const stream of [child.stdout, child.stderr]) {
      const reader = lineReader(options.write);
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => reader.push(text));
      stream.on('end', () => reader.end());
    }
    child.once('error', (error) => this.#die(`error: ${error.message}`));
    child.once('exit', (code, signal) => this.#die(signal ? `signal: ${signal}` : `exit status ${code}`));
  }

  static async start(options: EnvironmentOptions): Promise<ExecutionEnvironment> {
    const made: { environment?: ExecutionEnvironment } = {};
    const tell = (act: (environment: ExecutionEnvironment) => void): void => {
      if (made.environment) act(made.environment);
    };
    const api = await serveRuntimeApi({
      ready: () => tell((each) => each.#onReady()),
      answered: (id, payload) => tell((each) => each.#settle(id, { payload, functionError: undefined })),
      failed: (id, error) => tell((each) => each.#onError(id, error)),
    });
    made.environment = new ExecutionEnvironment(options, api);
    return made.environment;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isAlive(): boolean {
    return this.#dead === undefined;
  }

  /** One at a time. Never rejects: whatever goes wrong is an outcome. */
  invoke(payload: string, context: InvocationContext): Promise<Outcome> {
    const { awsRequestId: requestId, invokedFunctionArn: functionArn } = context;
    return new Promise((resolve) => {
      this.#running = { requestId, settle: resolve };
      if (this.#dead !== undefined) {
        this.#finish(this.#exitOutcome());
        return;
      }
      // The time of loading is not the invocation's.
      const extra = this.#ready ? 0 : initSeconds;
      this.#timer = setTimeout(() => this.#timeOut(), (this.#options.timeoutSeconds + extra) * 1000);
      const deadline = Date.now() + this.#options.timeoutSeconds * 1000;
      this.#api.give({ requestId, payload, functionArn, deadline });
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #onReady(): void {
    this.#ready = true;
  }

  #onError(requestId: string | undefined, payload: string): void {
    if (requestId === undefined) this.#initError = payload;
    else this.#settle(requestId, { payload, functionError: 'Unhandled' });
  }

  #settle(requestId: string, outcome: Outcome): void {
    if (this.#running?.requestId === requestId) this.#finish(outcome);
  }

  #finish(outcome: Outcome): void {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    running?.settle(outcome);
  }

  #timeOut(): void {
    const { requestId = '' } = this.#running ?? {};
    const seconds = this.#options.timeoutSeconds.toFixed(2);
    this.#options.write(`${requestId} Task timed out after ${seconds} seconds`);
    this.#finish(
      errorOutcome(
        'Sandbox.Timedout',
        `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
      ),
    );
    this.kill();
  }

  #die(how: string): void {
    if (this.#dead !== undefined) return;
    this.#dead = how;
    this.#api.close();
    if (this.#running) this.#finish(this.#exitOutcome());
  }

  #exitOutcome(): Outcome {
    if (this.#initError !== undefined) return { payload: this.#initError, functionError: 'Unhandled' };
    const { requestId = '' } = this.#running ?? {};
    const message = `RequestId: ${requestId} Error: Runtime exited with error: ${this.#dead}`;
    this.#options.write(message);
    return errorOutcome('Runtime.ExitError', message);
  }
}
