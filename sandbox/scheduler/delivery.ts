/** One occasion of a schedule: the call of its target under the schedule's role, repeated as its retry policy says. */
import type { Iam } from '../iam/iam.ts';
import type { Demand } from '../iam/requests/demand.ts';
import { type RequestContext, ServiceError } from '../service.ts';
import type { World } from '../world.ts';
import type { ScheduleDefinition } from './definition.ts';
import type { Queues } from './queues.ts';

export interface Delivery {
  readonly schedule: string;
  /** Sandbox time in milliseconds: of the occasion, not of the call. */
  readonly scheduledAt: number;
  readonly input: string;
  attempts: number;
  state: 'under way' | 'delivered' | 'given up';
  /** Why the last attempt failed. */
  error: string | undefined;
}

export interface DeliveryTools {
  readonly world: World;
  readonly iam: Pick<Iam, 'session' | 'require'>;
  readonly queues: Queues;
  /** Hands an event to a function, as an asynchronous invocation does. Throws what the service answers. */
  readonly invoke: (functionArn: string, payload: string, request: RequestContext) => void | Promise<void>;
}

const secondsOf = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;

/** Grows from one second to ten minutes; the documents tell of exponential backoff and of no figures. */
const pauseSeconds = (attempt: number): number => Math.min(600, 2 ** (attempt - 1));

export function deliver(tools: DeliveryTools, schedule: ScheduleDefinition, scheduledAt: number): Delivery {
  const { world, iam, queues } = tools;
  const { target } = schedule;
  const began = world.now();
  const executionId = world.random.hex(32);
  // "Adding context attributes": they are replaced wherever they stand in the input.
  const inputOf = (attempt: number): string =>
    target.input
      .replaceAll('<aws.scheduler.schedule-arn>', schedule.arn)
      .replaceAll('<aws.scheduler.scheduled-time>', secondsOf(scheduledAt))
      .replaceAll('<aws.scheduler.execution-id>', executionId)
      .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
  const delivery: Delivery = {
    ...{ schedule: schedule.name, scheduledAt, input: inputOf(1) },
    ...{ attempts: 0, state: 'under way', error: undefined },
  };

  const request = (service: string, action: string): RequestContext => {
    const { account, arn, userId, accessKeyId } = iam.session(target.roleArn, schedule.name);
    const region = schedule.arn.split(':')[3] ?? '';
    return {
      ...{ service, action, region, requestId: executionId, now: world.now(), headers: {} },
      caller: { account, arn, userId, accessKeyId },
    };
  };
  const require = (demand: Demand, context: RequestContext): void => iam.require([demand], context);

  async function attempt(): Promise<void> {
    delivery.attempts += 1;
    try {
      const context = request('lambda', 'Invoke');
      require({ action: 'lambda:InvokeFunction', resource: target.arn }, context);
      await tools.invoke(target.arn, inputOf(delivery.attempts), context);
      delivery.state = 'delivered';
    } catch (error) {
      delivery.error = error instanceof Error ? error.message : String(error);
      failed(error);
    }
  }

  function failed(error: unknown): void {
    const pause = pauseSeconds(delivery.attempts) * 1000;
    const age = world.now() + pause - began;
    if (!mayHelp(error)) giveUp(error, undefined);
    else if (delivery.attempts > target.maximumRetryAttempts) giveUp(error, 'MaximumRetryAttempts');
    else if (age > target.maximumEventAgeSeconds * 1000) giveUp(error, 'MaximumEventAgeInSeconds');
    else world.schedule(world.now() + pause, () => void attempt());
  }

  function giveUp(error: unknown, exhausted: string | undefined): void {
    delivery.state = 'given up';
    const resource = target.deadLettersArn;
    if (resource === undefined) return;
    try {
      require({ action: 'sqs:SendMessage', resource }, request('sqs', 'SendMessage'));
    } catch (refused) {
      delivery.error = refused instanceof Error ? refused.message : String(refused);
      return;
    }
    // "Dead-letter event attributes" of the user guide.
    const attributes = {
      ERROR_CODE: error instanceof ServiceError ? error.code : 'InternalServerError',
      ERROR_MESSAGE: delivery.error ?? '',
      EXECUTION_ID: executionId,
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: String(delivery.attempts - 1),
      SCHEDULE_ARN: schedule.arn,
      SCHEDULED_TIME: secondsOf(scheduledAt),
      TARGET_ARN: target.arn,
      ...(exhausted === undefined ? {} : { EXHAUSTED_RETRY_CONDITION: exhausted }),
    };
    queues.send(resource, { at: world.now(), body: inputOf(delivery.attempts), attributes });
  }

  void attempt();
  return delivery;
}

/** Errors of the caller are not repeated: what is not allowed, or not there, will not be a minute later. */
function mayHelp(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return true;
  const { status = 400 } = error;
  return status === 429 || status >= 500;
}
