import {
  type CheckpointDurableExecutionRequest,
  type CheckpointDurableExecutionResponse,
  type DurableExecutionClient,
  type DurableLambdaHandler,
  InvocationStatus,
  OperationStatus,
  OperationType,
  type OperationUpdate,
  type WireOperation,
} from '@aws/durable-execution-sdk-js';
import { SimulatedCrash } from '../../functions/engine/session.ts';
import type { VirtualClock } from '../../functions/shared/virtual-clock.ts';

/** How an execution ended; `error` is what the service would show and hand to a function that invoked it. */
export type Ended =
  | { readonly status: 'SUCCEEDED'; readonly result: string }
  | {
      readonly status: 'FAILED';
      readonly error: {
        ErrorType?: string | undefined;
        ErrorMessage?: string | undefined;
        ErrorData?: string | undefined;
      };
    };

interface Execution {
  readonly arn: string;
  readonly operations: Map<string, WireOperation>;
  token: number;
  /** Operations that changed since the function last heard of them. */
  readonly changed: Set<string>;
  readonly invokes: { readonly id: string; readonly functionName: string; readonly payload: string }[];
}

/**
 * The service side of durable functions, as far as this project uses it, in memory and on virtual time: keeps the
 * checkpoints, invokes the handler again when timers end, invokes have answered or the process died.
 */
export class DurableBackend {
  readonly client: DurableExecutionClient;
  readonly #executions = new Map<string, Execution>();
  readonly #functions: ReadonlyMap<string, DurableLambdaHandler>;
  readonly #crash: (index: number, phase: 'before' | 'after') => boolean;
  readonly #clock: VirtualClock;
  #checkpoints = 0;
  #invocations = 0;
  #operations = 0;

  constructor(options: {
    /** Moved on to the next timer whenever the function is suspended. */
    readonly clock: VirtualClock;
    /** By the name that the handler resolves. */
    readonly functions?: ReadonlyMap<string, DurableLambdaHandler>;
    readonly crash?: (index: number, phase: 'before' | 'after') => boolean;
  }) {
    this.#clock = options.clock;
    this.#functions = options.functions ?? new Map();
    this.#crash = options.crash ?? (() => false);
    this.client = {
      checkpoint: async (request) => this.#checkpoint(request),
      // The first page holds everything, so the SDK never has to ask.
      getExecutionState: async () => ({ Operations: [] }),
    };
  }

  get invocations(): number {
    return this.#invocations;
  }

  /** Of all executions: what was begun, and every further try of it; the execution itself is one. */
  get operations(): number {
    return this.#executions.size + this.#operations;
  }

  /** Runs one execution to its end. `payload` is JSON. */
  async run(handler: DurableLambdaHandler, name: string, payload: string): Promise<Ended> {
    const arn = `arn:aws:lambda:eu-west-1:123456789012:function:test:1/durable-execution/${name}/1`;
    const execution: Execution = { arn, operations: new Map(), token: 0, changed: new Set(), invokes: [] };
    this.#executions.set(arn, execution);
    execution.operations.set('execution', {
      Id: 'execution',
      Type: OperationType.EXECUTION,
      Status: OperationStatus.STARTED,
      StartTimestamp: new Date(this.#clock.now()),
      ExecutionDetails: { InputPayload: payload },
    });
    for (;;) {
      const ended = await this.#invoke(handler, execution);
      if (ended !== undefined) return ended;
      if (execution.invokes.length > 0) await this.#answerInvokes(execution);
      else this.#passTime(execution);
    }
  }

  async #invoke(handler: DurableLambdaHandler, execution: Execution): Promise<Ended | undefined> {
    this.#invocations += 1;
    execution.token += 1;
    const updated = [...execution.changed];
    execution.changed.clear();
    const event = {
      DurableExecutionArn: execution.arn,
      CheckpointToken: String(execution.token),
      UpdatedOperationIds: updated,
      InitialExecutionState: {
        Operations: [...execution.operations.values()].map((operation) => structuredClone(operation)),
        NextMarker: '',
      },
    };
    let output: Awaited<ReturnType<DurableLambdaHandler>>;
    try {
      output = await handler(event, lambdaContext(execution.arn));
    } catch (error) {
      // The service invokes again after a dead process, and only then.
      if (isCrash(error)) return undefined;
      throw error;
    }
    if (output.Status === InvocationStatus.SUCCEEDED)
      return { status: 'SUCCEEDED', result: output.Result ?? 'null' };
    if (output.Status === InvocationStatus.FAILED) return { status: 'FAILED', error: output.Error ?? {} };
    return undefined;
  }

  async #answerInvokes(execution: Execution): Promise<void> {
    for (const { id, functionName, payload } of execution.invokes.splice(0)) {
      const operation = execution.operations.get(id);
      if (operation === undefined) throw new Error(`no operation ${id}`);
      const handler = this.#functions.get(functionName);
      const name = `${execution.arn.split('/')[2]}-${id}`;
      const ended: Ended =
        handler === undefined
          ? {
              status: 'FAILED',
              error: { ErrorType: 'ResourceNotFoundException', ErrorMessage: functionName },
            }
          : await this.run(handler, name, payload);
      operation.Status = OperationStatus[ended.status];
      operation.ChainedInvokeDetails =
        ended.status === 'SUCCEEDED' ? { Result: ended.result } : { Error: ended.error };
      execution.changed.add(id);
    }
  }

  /** Jumps to the next timer of the execution and marks what is due. */
  #passTime(execution: Execution): void {
    const pending = [...execution.operations.values()].filter(
      ({ Status }) => Status === OperationStatus.PENDING,
    );
    const dueAt = (operation: WireOperation): number =>
      new Date(operation.StepDetails?.NextAttemptTimestamp ?? 0).getTime();
    if (pending.length === 0) return;
    this.#clock.advance(Math.max(0, Math.min(...pending.map(dueAt)) - this.#clock.now()));
    for (const operation of pending) {
      if (dueAt(operation) > this.#clock.now()) continue;
      operation.Status = OperationStatus.READY;
      execution.changed.add(operation.Id ?? '');
    }
  }

  #checkpoint(request: CheckpointDurableExecutionRequest): CheckpointDurableExecutionResponse {
    const execution = this.#executions.get(request.DurableExecutionArn ?? '');
    if (execution === undefined) throw new Error(`no execution ${request.DurableExecutionArn}`);
    // A process that is thought dead may still be running here; its token is not valid any more.
    if (request.CheckpointToken !== String(execution.token)) {
      throw new SimulatedCrash(`stale checkpoint token ${request.CheckpointToken}`);
    }
    this.#checkpoints += 1;
    const index = this.#checkpoints;
    if (this.#crash(index, 'before')) this.#die(execution, `before checkpoint ${index}`);
    const touched = (request.Updates ?? []).map((update) => this.#apply(execution, update));
    if (this.#crash(index, 'after')) this.#die(execution, `after checkpoint ${index}`);
    execution.token += 1;
    return {
      CheckpointToken: String(execution.token),
      NewExecutionState: { Operations: touched.map((operation) => structuredClone(operation)) },
    };
  }

  #die(execution: Execution, where: string): never {
    execution.token += 1;
    throw new SimulatedCrash(`crash ${where}`);
  }

  #apply(execution: Execution, update: OperationUpdate): WireOperation {
    const id = update.Id ?? '';
    if (!execution.operations.has(id) || update.Action === 'RETRY') this.#operations += 1;
    const operation: WireOperation = execution.operations.get(id) ?? {
      Id: id,
      ParentId: update.ParentId,
      Name: update.Name,
      Type: update.Type,
      SubType: update.SubType,
      StartTimestamp: new Date(this.#clock.now()),
      Status: OperationStatus.STARTED,
    };
    execution.operations.set(id, operation);
    const attempt = (operation.StepDetails?.Attempt ?? 0) + 1;
    const ending = { Result: update.Payload, Error: update.Error };
    if (update.Action === 'START') {
      operation.Status = OperationStatus.STARTED;
      if (update.Type === OperationType.CHAINED_INVOKE) {
        const functionName = update.ChainedInvokeOptions?.FunctionName ?? '';
        execution.invokes.push({ id, functionName, payload: update.Payload ?? '{}' });
      }
    } else if (update.Action === 'RETRY') {
      const seconds = update.StepOptions?.NextAttemptDelaySeconds ?? 0;
      operation.Status = OperationStatus.PENDING;
      operation.StepDetails = {
        Attempt: attempt,
        NextAttemptTimestamp: new Date(this.#clock.now() + seconds * 1000),
        ...ending,
      };
    } else {
      operation.Status = update.Action === 'SUCCEED' ? OperationStatus.SUCCEEDED : OperationStatus.FAILED;
      operation.EndTimestamp = new Date(this.#clock.now());
      if (update.Type === OperationType.STEP) operation.StepDetails = { Attempt: attempt, ...ending };
      if (update.Type === OperationType.CONTEXT) {
        operation.ContextDetails = { ...ending, ReplayChildren: update.ContextOptions?.ReplayChildren };
      }
    }
    return operation;
  }
}

function isCrash(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof SimulatedCrash || each.message.includes('SimulatedCrash')) return true;
    if (/crash (before|after) checkpoint|stale checkpoint token/.test(each.message)) return true;
  }
  return false;
}

/** Never any time left: the SDK then suspends instead of waiting in the process. */
function lambdaContext(arn: string): Parameters<DurableLambdaHandler>[1] {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'test',
    functionVersion: '1',
    invokedFunctionArn: arn.split('/')[0] ?? arn,
    memoryLimitInMB: '256',
    awsRequestId: '00000000-0000-4000-8000-000000000000',
    logGroupName: '/aws/lambda/test',
    logStreamName: 'test',
    getRemainingTimeInMillis: () => 0,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
