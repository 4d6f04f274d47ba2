/** A deployed function's processes: one that is idle is used again, and a further one begins when all are busy. */
import { randomUUID } from 'node:crypto';
import type { Identity } from '../identities.ts';
import type { FunctionCode } from '../services/lambda/state.ts';
import { ExecutionEnvironment, errorOutcome } from './execution-environment.ts';
import type { FunctionLogs } from './logs.ts';

export interface FunctionDefinition {
  readonly name: string;
  readonly region: string;
  /** Absolute path of the folder with the code. */
  readonly taskRoot: string;
  /** `<file>.<export>` */
  readonly handler: string;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly logGroup: string;
}

export interface ProcessHost {
  /** Where every service answers. */
  readonly endpoint: string;
  readonly logs: FunctionLogs;
  /** Credentials of a session of the function's role; a process keeps those that it began with. */
  readonly session: () => Identity;
  /** Before each invocation: what Lambda does on the function's behalf, such as writing its log. */
  readonly beforeInvocation: () => void;
}

export interface FunctionProcesses {
  readonly code: FunctionCode;
  /** Of the processes that are alive. */
  pids(): readonly number[];
  /** Ends all processes at once, as a failing host would. */
  kill(): void;
  close(): void;
}

export function createFunctionProcesses(
  definition: FunctionDefinition,
  host: ProcessHost,
): FunctionProcesses {
  const all = new Set<ExecutionEnvironment>();
  const idle: ExecutionEnvironment[] = [];
  let closed = false;
  const write = (line: string): void => host.logs.write(definition, line);

  async function acquire(): Promise<ExecutionEnvironment> {
    for (let found = idle.pop(); found; found = idle.pop()) {
      if (found.isAlive) return found;
      all.delete(found);
    }
    const { taskRoot, timeoutSeconds } = definition;
    const environment = environmentOf(definition, host);
    const made = await ExecutionEnvironment.start({ taskRoot, timeoutSeconds, environment, write });
    all.add(made);
    // The sandbox may have been closed while the process was being made.
    if (closed) made.kill();
    return made;
  }

  const kill = (): void => {
    for (const each of all) each.kill();
  };
  return {
    async code(payload, context) {
      host.beforeInvocation();
      let environment: ExecutionEnvironment;
      try {
        environment = await acquire();
      } catch (error) {
        return errorOutcome('Sandbox.NoProcess', error instanceof Error ? error.message : String(error));
      }
      const began = Date.now();
      write(`START RequestId: ${context.awsRequestId} Version: ${context.functionVersion}`);
      const outcome = await environment.invoke(payload, context);
      write(`END RequestId: ${context.awsRequestId}`);
      write(`REPORT RequestId: ${context.awsRequestId} Duration: ${Date.now() - began} ms`);
      if (environment.isAlive) idle.push(environment);
      else all.delete(environment);
      return outcome;
    },
    pids: () => [...all].flatMap((each) => (each.isAlive && each.pid !== undefined ? [each.pid] : [])),
    kill,
    close() {
      closed = true;
      kill();
    },
  };
}

/** What Lambda puts there ("Working with Lambda environment variables"), and nothing of this computer's user. */
function environmentOf(definition: FunctionDefinition, { endpoint, session }: ProcessHost) {
  const { name, region, taskRoot, handler, memoryMegabytes, variables, logGroup } = definition;
  const { accessKeyId, secretAccessKey, sessionToken = '' } = session();
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return {
    ...variables,
    _HANDLER: handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[1]${randomUUID().replaceAll('-', '')}`,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL: endpoint,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  };
}
