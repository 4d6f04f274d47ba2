/** The functions of a template: their code in processes of their own, under their roles. */
import type { TemplateFunction } from '../iam/template.ts';
import type { TemplateResource } from '../iam/template-values.ts';
import { createFunctionProcesses, type FunctionProcesses } from '../runtime/function-processes.ts';
import type { RequestContext } from '../service.ts';
import { durableConfigOf } from '../services/lambda/executions.ts';
import type { DurableSettings } from '../services/lambda/state.ts';
import { AssemblyError } from './assembly.ts';
import type { StackUnderWay } from './target.ts';
import { requireTrust } from './trust.ts';

export interface DeployedFunction {
  readonly name: string;
  readonly arn: string;
  /** Whether its executions are durable. */
  readonly durable: boolean;
  readonly timeoutSeconds: number;
  readonly roleArn: string;
  readonly processes: FunctionProcesses;
}

export function deployFunction(under: StackUnderWay, resource: TemplateResource): DeployedFunction {
  const { values, permissions, target, place } = under;
  const { properties, logicalId } = resource;
  const name = values.text({ Ref: logicalId });
  const found = permissions.functions.get(name);
  if (!found) throw new AssemblyError(`The function ${name} has no role in the template.`, again);
  requireTrust(under, { role: found.role, service: 'lambda.amazonaws.com', what: `The function ${name}` });
  const runtime = String(properties.Runtime ?? '');
  if (!runtime.startsWith('nodejs'))
    throw new AssemblyError(
      `The function ${name} is for ${runtime || 'no runtime'}.`,
      'Only Node.js runs here.',
    );
  const timeoutSeconds = Number(properties.Timeout ?? 3);
  const memoryMegabytes = Number(properties.MemorySize ?? 128);
  const handler = values.text(properties.Handler);
  const logging = values.object(properties.LoggingConfig).LogGroup;
  const logGroup = logging === undefined ? `/aws/lambda/${name}` : values.text(logging);
  const taskRoot = folderOf(under, resource);
  const processes = createFunctionProcesses(
    {
      ...{ name, region: place.region, taskRoot, handler, memoryMegabytes, timeoutSeconds, logGroup },
      variables: found.environment,
    },
    {
      endpoint: target.url,
      logs: target.logs,
      session: () => target.iam.session(found.role.arn, name),
      beforeInvocation: () => writeLog(under, found, logGroup),
    },
  );
  const checkpoints = durableSettings(under, resource);
  const arn = target.lambda.deployFunction(name, {
    ...place,
    code: processes.code,
    qualifiers: qualifiersOf(under, name),
    checkpoints,
    giveUp: (payload, outcome) => giveUp(under, found, payload, outcome.payload),
    configuration: {
      ...{ Runtime: 'nodejs24.x', Handler: handler, Timeout: timeoutSeconds, MemorySize: memoryMegabytes },
      Role: found.role.arn,
      Environment: { Variables: { ...found.environment } },
      ...(properties.Description === undefined ? {} : { Description: values.text(properties.Description) }),
      ...(checkpoints === undefined ? {} : { DurableConfig: durableConfigOf(checkpoints) }),
    },
  });
  const durable = checkpoints !== undefined;
  return { name, arn, durable, timeoutSeconds, roleArn: found.role.arn, processes };
}

const again = 'Synthesize it again: npx cdk synth -c config=snapkeep.yaml';

function folderOf({ values, stack }: StackUnderWay, { properties, logicalId }: TemplateResource): string {
  const { S3Key } = values.object(properties.Code);
  const folder = S3Key === undefined ? undefined : stack.folders.get(values.text(S3Key));
  if (folder !== undefined) return folder;
  throw new AssemblyError(`The code of ${logicalId} is not among the assets of the assembly.`, again);
}

function durableSettings(
  { values }: StackUnderWay,
  { properties }: TemplateResource,
): DurableSettings | undefined {
  if (properties.DurableConfig === undefined) return undefined;
  const { ExecutionTimeout, RetentionPeriodInDays = 14 } = values.object(properties.DurableConfig);
  return { executionTimeoutSeconds: Number(ExecutionTimeout), retentionDays: Number(RetentionPeriodInDays) };
}

/** The versions and aliases of a function: right after a deployment there is one version. */
function qualifiersOf({ values }: StackUnderWay, name: string): readonly string[] {
  const aliases = values
    .ofType('AWS::Lambda::Alias')
    .filter(({ properties }) => values.text(properties.FunctionName) === name)
    .map(({ properties }) => values.text(properties.Name));
  const versions = values
    .ofType('AWS::Lambda::Version')
    .some(({ properties }) => values.text(properties.FunctionName) === name);
  return [...(versions ? ['1'] : []), ...aliases];
}

/** A call that Lambda makes as the function. Throws for what its role does not allow. */
function requireAs(
  { target, place }: StackUnderWay,
  { role, name }: TemplateFunction,
  actions: readonly string[],
  resource: string,
): void {
  const { account, arn, userId, accessKeyId } = target.iam.session(role.arn, name);
  const request: RequestContext = {
    ...{ service: 'lambda', action: 'runtime', region: place.region, requestId: name, headers: {} },
    caller: { account, arn, userId, accessKeyId },
    now: target.world.now(),
  };
  target.iam.require(
    actions.map((action) => ({ action, resource })),
    request,
  );
}

const writerOf = ({ place }: StackUnderWay, { name }: TemplateFunction) => ({ name, region: place.region });

/** Without the permission the function runs on, and its log is not kept: that shows in the judgements alone. */
function writeLog(under: StackUnderWay, found: TemplateFunction, logGroup: string): void {
  const { region, account } = under.place;
  const stream = `arn:aws:logs:${region}:${account}:log-group:${logGroup}:log-stream:sandbox`;
  try {
    requireAs(under, found, ['logs:CreateLogStream', 'logs:PutLogEvents'], stream);
  } catch (error) {
    under.target.logs.write(writerOf(under, found), `The log cannot be written: ${String(error)}`);
  }
}

function giveUp(under: StackUnderWay, found: TemplateFunction, body: string, error: string): void {
  const { target } = under;
  if (found.deadLettersArn === undefined) return;
  try {
    requireAs(under, found, ['sqs:SendMessage'], found.deadLettersArn);
  } catch (refused) {
    target.logs.write(writerOf(under, found), `The dead letter cannot be sent: ${String(refused)}`);
    return;
  }
  // "Dead-letter queues" of the Developer Guide.
  const attributes = { RequestID: found.name, ErrorCode: '200', ErrorMessage: error.slice(0, 1024) };
  target.queues.send(found.deadLettersArn, { at: target.world.now(), body, attributes });
}
