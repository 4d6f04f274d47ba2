import type { ErrorObject, FunctionConfiguration } from '@aws-sdk/client-lambda';
import { ServiceError } from '../../service.ts';
import type { Journal } from './durable/journal.ts';

/** What an invocation answers: the payload's text, and whether it is the function's error. */
export interface Outcome {
  readonly payload: string;
  readonly functionError: 'Unhandled' | undefined;
}

/** What a handler learns of its invocation beside the event. */
export interface InvocationContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  /** Only of durable functions. */
  readonly durableExecutionArn: string | undefined;
  /** Real time until the function's timeout. */
  getRemainingTimeInMillis(): number;
}

export type FunctionHandler = (event: unknown, context: InvocationContext) => unknown;

/** Whatever runs a function's code: a handler in this process, or processes that run a bundle. Never rejects. */
export type FunctionCode = (payload: string, context: InvocationContext) => Promise<Outcome>;

/** `DurableConfig` of a function. */
export interface DurableSettings {
  readonly executionTimeoutSeconds: number;
  readonly retentionDays: number;
}

export interface FunctionRegistration {
  readonly handler: FunctionHandler;
  /** Default: `123456789012`. */
  readonly account: string;
  /** Default: `eu-west-1`. */
  readonly region: string;
  /** A durable function is only invoked by version or alias, and remembers its executions by name. */
  readonly durable: boolean;
  /** Names beside `$LATEST` that an invocation may be qualified with: versions and aliases. Default: `1`, `live`. */
  readonly qualifiers: readonly string[];
  /**
   * Of a durable function that checkpoints through the API, and is invoked as often as that takes. One without is
   * invoked once per execution, and that is the whole of it.
   */
  readonly checkpoints: DurableSettings | undefined;
  /** Takes events that were given up: a function that hands them to a queue. */
  readonly giveUp: ((payload: string, outcome: Outcome) => void) | undefined;
  /** What GetFunction tells beside what the sandbox knows anyway. */
  readonly configuration: Partial<FunctionConfiguration>;
}

/** How a durable execution ended. */
export interface ExecutionEnd {
  /** Sandbox time in milliseconds. */
  readonly at: number;
  readonly outcome: Outcome;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';
  readonly error: ErrorObject | undefined;
}

/** One execution of a durable function, known by its name for as long as the sandbox lives. */
export interface DurableExecution {
  readonly arn: string;
  readonly name: string;
  readonly payload: string;
  /** Sandbox time in milliseconds. */
  readonly startedAt: number;
  readonly outcome: Promise<Outcome>;
  /** Undefined while it runs. */
  ended: ExecutionEnd | undefined;
  /** Of a function that checkpoints. */
  readonly journal: Journal | undefined;
  /** Ends a running execution from outside; only one with a journal can be. Answers the time. */
  readonly stop: ((error: ErrorObject) => number) | undefined;
}

export interface FunctionRecord extends Omit<FunctionRegistration, 'handler'> {
  readonly name: string;
  readonly arn: string;
  readonly code: FunctionCode;
  readonly registeredAt: number;
  readonly executions: Map<string, DurableExecution>;
}

export class LambdaState {
  readonly #functions = new Map<string, FunctionRecord>();

  get functions(): Iterable<FunctionRecord> {
    return this.#functions.values();
  }

  register(
    name: string,
    options: Partial<Omit<FunctionRegistration, 'handler'>> & { readonly code: FunctionCode },
    now: number,
  ): FunctionRecord {
    const { account = '123456789012', region = 'eu-west-1' } = options;
    const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
    const record: FunctionRecord = {
      durable: options.checkpoints !== undefined,
      qualifiers: ['1', 'live'],
      checkpoints: undefined,
      giveUp: undefined,
      configuration: {},
      ...options,
      account,
      region,
      name,
      arn,
      registeredAt: now,
      executions: this.#functions.get(arn)?.executions ?? new Map(),
    };
    this.#functions.set(arn, record);
    return record;
  }

  /**
   * A function by name, partial ARN or ARN, each with or without `:<qualifier>`.
   * @throws ServiceError `ResourceNotFoundException`, `InvalidParameterValueException`
   */
  find(
    reference: string,
    qualifier: string | undefined,
    place: { readonly account: string; readonly region: string },
  ): { readonly record: FunctionRecord; readonly qualifier: string; readonly qualified: boolean } {
    const match =
      /^(?:arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[\w-]+)(?::(?<qualifier>\$LATEST|[\w-]+))?$/.exec(
        reference,
      )?.groups;
    const name = match?.name;
    if (name === undefined) {
      throw new ServiceError('ValidationException', `The function name ${reference} is not valid.`, 400);
    }
    const named = match?.qualifier;
    if (named !== undefined && qualifier !== undefined && named !== qualifier) {
      throw new ServiceError(
        'InvalidParameterValueException',
        'The derived qualifier from the function name does not match the specified qualifier.',
        400,
      );
    }
    const wanted = qualifier ?? named;
    const arn = `arn:aws:lambda:${match?.region ?? place.region}:${match?.account ?? place.account}:function:${name}`;
    const record = this.#functions.get(arn);
    const known = wanted === undefined || wanted === '$LATEST' || record?.qualifiers.includes(wanted);
    if (record?.region !== place.region || !known) {
      throw new ServiceError(
        'ResourceNotFoundException',
        `Function not found: ${arn}${wanted === undefined ? '' : `:${wanted}`}`,
        404,
        { Type: 'User' },
      );
    }
    return { record, qualifier: wanted ?? '$LATEST', qualified: wanted !== undefined };
  }

  /** Undefined for an execution that is not there, or of another account. */
  findExecution(arn: string, place: { readonly account: string; readonly region: string }) {
    const [functionArn = '', rest = ''] = arn.split(/:(?=[^:/]+\/durable-execution\/)/);
    const [version = '', , name = ''] = rest.split('/');
    const record = this.#functions.get(functionArn);
    const execution = record?.executions.get(name);
    if (!record || execution?.arn !== arn) return undefined;
    if (record.account !== place.account || record.region !== place.region) return undefined;
    return { record, execution, version };
  }

  /** @throws ServiceError `ResourceNotFoundException` */
  execution(arn: string, place: { readonly account: string; readonly region: string }) {
    const found = this.findExecution(arn, place);
    if (found) return found;
    throw new ServiceError('ResourceNotFoundException', `Execution not found: ${arn}`, 404, { Type: 'User' });
  }
}
