/** What Lambda asks of policies, durable executions included. */
import type { CheckpointDurableExecutionRequest, InvocationRequest } from '@aws-sdk/client-lambda';
import type { RequestContext } from '../../service.ts';
import { placeOfCallback } from '../../services/lambda/durable/callback-ids.ts';
import { arnOf, type Demands, demand, type ServiceDemands, type Target } from './demand.ts';

interface FunctionInput {
  readonly FunctionName?: string | undefined;
  readonly Qualifier?: string | undefined;
}

/** The ARN that the request means, with its qualifier: an alias is another resource than its function. */
function functionArn({ FunctionName: name = '', Qualifier }: FunctionInput, request: RequestContext): Target {
  const [, region = request.region, account = request.caller.account, bare = name, qualifier] =
    /^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]+):)?(?:(\d{12}):)?(?:function:)?([\w-]+)(?::(\$LATEST|[\w-]+))?$/.exec(
      name,
    ) ?? [];
  const version = Qualifier ?? qualifier;
  const resource = `function:${bare}${version === undefined ? '' : `:${version}`}`;
  return { resource: arnOf({ service: 'lambda', region, account, resource }), owner: account };
}

const onFunction =
  (action: string): Demands<FunctionInput> =>
  (input, request) => [demand(`lambda:${action}`, functionArn(input, request))];

/**
 * `...:function:<name>:<version>/durable-execution/<name>/<id>`: below a version, never an alias ("Security and
 * permissions for Lambda durable functions").
 */
const onExecution =
  (action: string): Demands<{ readonly DurableExecutionArn?: string | undefined }> =>
  ({ DurableExecutionArn: arn = '' }) => [demand(`lambda:${action}`, { resource: arn })];

export const lambdaDemands: ServiceDemands = {
  Invoke: (input: InvocationRequest, request) => [
    demand('lambda:InvokeFunction', functionArn(input, request)),
  ],
  GetFunction: onFunction('GetFunction'),
  ListDurableExecutionsByFunction: onFunction('ListDurableExecutionsByFunction'),
  ...Object.fromEntries(
    [
      ...['GetDurableExecution', 'GetDurableExecutionHistory', 'GetDurableExecutionState'],
      ...['StopDurableExecution'],
    ].map((name) => [name, onExecution(name)]),
  ),
  ...Object.fromEntries(
    ['Success', 'Failure', 'Heartbeat'].map((name): [string, Demands<{ readonly CallbackId?: string }>] => [
      `SendDurableExecutionCallback${name}`,
      ({ CallbackId = '' }, request) => {
        const { executionArn } = placeOfCallback(CallbackId) ?? {};
        const action = `SendDurableExecutionCallback${name}`;
        return onExecution(action)({ DurableExecutionArn: executionArn }, request);
      },
    ]),
  ),
  // What an execution invokes, it invokes as its function.
  CheckpointDurableExecution: (input: CheckpointDurableExecutionRequest, request) => [
    ...onExecution('CheckpointDurableExecution')(input, request),
    ...(input.Updates ?? []).flatMap(({ Action, ChainedInvokeOptions: to }) =>
      to?.FunctionName === undefined || Action !== 'START'
        ? []
        : [demand('lambda:InvokeFunction', functionArn({ FunctionName: to.FunctionName }, request))],
    ),
  ],
};
