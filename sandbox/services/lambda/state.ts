import { ServiceError } from '../../service.ts';

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
}

export type FunctionHandler = (event: unknown, context: InvocationContext) => unknown;

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
  ended: { readonly at: number; readonly outcome: Outcome } | undefined;
}

export interface FunctionRecord extends FunctionRegistration {
  readonly name: string;
  readonly arn: string;
  readonly registeredAt: number;
  readonly executions: Map<string, DurableExecution>;
}

export class LambdaState {
  readonly #functions = new Map<string, FunctionRecord>();

  register(
    name: string,
    options: Partial<FunctionRegistration> & Pick<FunctionRegistration, 'handler'>,
    now: number,
  ): FunctionRecord {
    const { account = '123456789012', region = 'eu-west-1' } = options;
    const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
    const record: FunctionRecord = {
      durable: false,
      qualifiers: ['1', 'live'],
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
  ): { readonly record: FunctionRecord; readonly qualifier: string } {
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
    return { record, qualifier: wanted ?? '$LATEST' };
  }
}
