import type {
  GetFunctionRequest,
  GetFunctionResponse,
  InvocationRequest,
  InvocationResponse,
} from '@aws-sdk/client-lambda';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import { checkConstraints, lengthBetween, matches, oneOf } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import type { Invoker } from './invoker.ts';
import { type Starter, versionOf } from './starts.ts';
import type { FunctionRecord, LambdaState, Outcome } from './state.ts';

/** "Lambda quotas", Developer Guide: 6 MB for a synchronous request, 1 MB for an asynchronous one. */
const maxBytes = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024 };

/** Whoever waits for a durable function waits for the whole execution ("Invoking durable Lambda functions"). */
const longestSynchronousSeconds = 900;

/** Invoke and GetFunction. */
export function lambdaHandlers(state: LambdaState, invoker: Invoker, starter: Starter) {
  return {
    async Invoke(input: Decoded<InvocationRequest>, request: RequestContext): Promise<InvocationResponse> {
      const type = input.InvocationType ?? 'RequestResponse';
      checkConstraints('ValidationException', [
        lengthBetween('functionName', input.FunctionName, 1, 256),
        oneOf('invocationType', type, ['Event', 'RequestResponse', 'DryRun']),
        lengthBetween('durableExecutionName', input.DurableExecutionName, 1, 64),
        matches('durableExecutionName', input.DurableExecutionName, '[a-zA-Z0-9\\-_]+'),
      ]);
      const place = { account: request.caller.account, region: request.region };
      const { record, qualifier } = state.find(input.FunctionName, input.Qualifier, place);
      if (record.account !== place.account) throw denied(request, record);
      const payload = Buffer.from(input.Payload ?? []).toString();
      checkPayload(payload, type === 'Event' ? maxBytes.Event : maxBytes.RequestResponse);
      checkDurable(record, input, qualifier, type);
      if (type === 'DryRun') return { StatusCode: 204 };

      const version = versionOf(qualifier);
      if (record.durable) {
        const name = input.DurableExecutionName ?? request.requestId;
        const known = record.executions.get(name);
        if (known && known.payload !== payload) {
          throw new ServiceError(
            'DurableExecutionAlreadyStartedException',
            `A durable execution named ${name} was already started with another payload.`,
            409,
            { Type: 'User' },
          );
        }
        const execution = known ?? starter.start({ record, name, version, qualifier, payload });
        if (type === 'Event' && !known) invoker.runLater(record, qualifier, payload, () => execution.outcome);
        if (type === 'Event') return { StatusCode: 202, DurableExecutionArn: execution.arn };
        return { ...answer(await execution.outcome, version, input), DurableExecutionArn: execution.arn };
      }
      const context = starter.contextOf({ record, version, qualifier }, request.requestId);
      const run = (): Promise<Outcome> => record.code(payload, context);
      if (type === 'Event') {
        invoker.runLater(record, qualifier, payload, run);
        return { StatusCode: 202 };
      }
      return answer(await run(), version, input);
    },

    GetFunction(input: Decoded<GetFunctionRequest>, request: RequestContext): GetFunctionResponse {
      const place = { account: request.caller.account, region: request.region };
      const { record, qualifier } = state.find(input.FunctionName, input.Qualifier, place);
      if (record.account !== place.account) throw denied(request, record);
      return {
        Configuration: {
          FunctionName: record.name,
          FunctionArn: input.Qualifier === undefined ? record.arn : `${record.arn}:${qualifier}`,
          Runtime: 'nodejs24.x',
          Role: `arn:aws:iam::${record.account}:role/${record.name}`,
          Handler: 'index.handler',
          Timeout: 900,
          MemorySize: 512,
          LastModified: new Date(record.registeredAt).toISOString().replace('Z', '+0000'),
          Version: qualifier,
          State: 'Active',
          LastUpdateStatus: 'Successful',
          PackageType: 'Zip',
          Architectures: ['arm64'],
          ...record.configuration,
        },
        Tags: {},
      };
    },
  } satisfies Record<string, AnyHandler>;
}

function answer(outcome: Outcome, version: string, input: Decoded<InvocationRequest>): InvocationResponse {
  return {
    StatusCode: 200,
    ExecutedVersion: version,
    Payload: Buffer.from(outcome.payload),
    ...(outcome.functionError ? { FunctionError: outcome.functionError } : {}),
    ...(input.LogType === 'Tail' ? { LogResult: Buffer.from('START\nEND\n').toString('base64') } : {}),
  };
}

function checkPayload(payload: string, limit: number): void {
  const size = Buffer.byteLength(payload);
  if (size > limit) {
    throw new ServiceError(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation, not ${size}`,
      413,
    );
  }
  if (payload === '') return;
  try {
    JSON.parse(payload);
  } catch (error) {
    throw new ServiceError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error instanceof Error ? error.message : error}`,
      400,
      { Type: 'User' },
    );
  }
}

/** A durable function must be named with a version or alias; `$LATEST` has to be spelt out. */
function checkDurable(
  record: FunctionRecord,
  input: Decoded<InvocationRequest>,
  qualifier: string,
  type: string,
): void {
  const refused = (message: string) =>
    new ServiceError('InvalidParameterValueException', message, 400, { Type: 'User' });
  if (!record.durable) {
    if (input.DurableExecutionName === undefined) return;
    throw refused('DurableExecutionName can only be used with a durable function.');
  }
  const spelt = input.Qualifier !== undefined || input.FunctionName.endsWith(`:${qualifier}`);
  if (!spelt) throw refused('You cannot invoke a durable function using an unqualified ARN.');
  const seconds = record.checkpoints?.executionTimeoutSeconds ?? 0;
  if (type === 'RequestResponse' && seconds > longestSynchronousSeconds) {
    throw refused(
      'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
    );
  }
}

const denied = (request: RequestContext, record: FunctionRecord): ServiceError =>
  new ServiceError(
    'AccessDeniedException',
    `User: ${request.caller.arn} is not authorized to perform: lambda:${request.action === 'Invoke' ? 'InvokeFunction' : request.action} on resource: ${record.arn} because no resource-based policy allows the lambda:InvokeFunction action`,
    403,
  );
