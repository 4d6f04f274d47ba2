/** What runs without a request: schedules, the processes of functions, their logs; and deployments that bring them. */
import { randomUUID } from 'node:crypto';
import { type Deployment, deployAssembly } from './deploy/deploy.ts';
import { metricsIn } from './deploy/embedded-metrics.ts';
import type { DeployTarget } from './deploy/target.ts';
import type { Identity } from './identities.ts';
import { startPulse } from './pulse.ts';
import { FunctionLogs } from './runtime/logs.ts';
import { Queues } from './scheduler/queues.ts';
import { createScheduler, type Scheduler } from './scheduler/scheduler.ts';
import type { RequestContext } from './service.ts';
import type { CloudWatch } from './services/cloudwatch/service.ts';
import type { BusEvent } from './services/eventbridge/put-events.ts';
import type { EventBridge } from './services/eventbridge/service.ts';
import type { FunctionRecord } from './services/lambda/state.ts';
import type { Published } from './services/sns/service.ts';

export interface Serverless {
  readonly scheduler: Scheduler;
  readonly queues: Queues;
  readonly logs: FunctionLogs;
  /** What was published to topics, and put on the default buses. */
  readonly told: { messages(): readonly Published[]; events(): readonly BusEvent[] };
  /** Every function that the sandbox has. */
  functions(): readonly FunctionRecord[];
  /** The last assembly that was deployed. */
  readonly deployment: Deployment | undefined;
  /**
   * What the console's Test button does with a deployed test event: `$LATEST`, synchronously. Undefined when there is
   * no such function or no such event.
   */
  pressTest(functionName: string, event: string): Promise<Pressed> | undefined;
  /** @throws AssemblyError */
  deploy(target: Pick<DeployTarget, 'url' | 'identity' | 'region'>, folder: string): Promise<Deployment>;
  close(): void;
}

export interface Pressed {
  /** Whether the function failed; `answer` is its error then. */
  readonly failed: boolean;
  readonly answer: unknown;
}

export interface ServerlessParts
  extends Pick<DeployTarget, 'world' | 'iam' | 's3' | 'sns' | 'lambda' | 'cloudformation'> {
  readonly cloudwatch: CloudWatch;
  readonly eventbridge: Pick<EventBridge, 'all'>;
  readonly onError: (error: unknown, place: string) => void;
}

export function createServerless({
  cloudwatch,
  eventbridge,
  onError,
  ...parts
}: ServerlessParts): Serverless {
  const { world, iam, lambda } = parts;
  const queues = new Queues();
  const logs = new FunctionLogs();
  const scheduler = createScheduler(world, {
    ...{ iam, queues },
    async invoke(FunctionName, payload, request) {
      await lambda.invoke({ FunctionName, InvocationType: 'Event', payload }, request);
    },
  });
  let deployment: Deployment | undefined;
  /** Who deployed, and looks at the console. */
  let person: Identity | undefined;
  let stopPulse = (): void => {};

  const press = async (FunctionName: string, payload: string, request: RequestContext): Promise<Pressed> => {
    const { Payload, FunctionError } = await lambda.invoke({ FunctionName, payload }, request);
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString());
    return { failed: FunctionError !== undefined, answer };
  };

  /** Of the place that a function is in. */
  const measure = (writer: { readonly name: string; readonly region: string }, text: string): void => {
    const place = lambda
      .functions()
      .find(({ name, region }) => name === writer.name && region === writer.region);
    if (!place) return;
    for (const { namespace, name, values, ...datum } of metricsIn(text))
      for (const value of values) cloudwatch.record(place, namespace, name, { ...datum, value });
  };
  logs.onLine((writer, { text }) => measure(writer, text));

  return {
    scheduler,
    queues,
    logs,
    told: { messages: () => parts.sns.published(), events: () => eventbridge.all() },
    functions: () => lambda.functions(),
    get deployment() {
      return deployment;
    },
    pressTest(functionName, name) {
      const stack = deployment?.stacks.find(({ testEvents }) => name in (testEvents[functionName] ?? {}));
      const event = stack?.testEvents[functionName]?.[name];
      if (!stack || !person) return undefined;
      const { account, arn, userId, accessKeyId } = person;
      return press(functionName, JSON.stringify(event), {
        ...{ service: 'lambda', action: 'Invoke', region: stack.region, headers: {}, now: world.now() },
        ...{ caller: { account, arn, userId, accessKeyId }, requestId: randomUUID() },
      });
    },
    async deploy(account, folder) {
      person = account.identity;
      stopPulse();
      stopPulse = startPulse(world, (error) => onError(error, 'world:settle'));
      deployment = await deployAssembly({ ...parts, ...account, scheduler, queues, logs }, folder);
      return deployment;
    },
    close() {
      stopPulse();
      scheduler.clear();
      deployment?.close();
    },
  };
}
