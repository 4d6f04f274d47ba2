import type { Pluggable } from '@smithy/types';
import type { AwsClients } from '../../functions/clients/aws.ts';
import type { CheckpointSwitch } from '../../functions/engine/execution.ts';

/** How a process of a test dies. */
export class ProcessDied extends Error {}

/**
 * Counts every point at which a process can die, before and after each cloud call and each checkpoint, and dies at
 * one of them. From then on nothing of it goes out any more: every further call and checkpoint is refused.
 */
export class Mortality {
  readonly #diesAt: number | undefined;
  #points = 0;
  #died = false;

  /** `undefined`: lives on and only counts. */
  constructor(diesAt?: number) {
    this.#diesAt = diesAt;
  }

  get points(): number {
    return this.#points;
  }

  get died(): boolean {
    return this.#died;
  }

  /** Passes one point, or dies there. */
  pass(): void {
    if (!this.#died && this.#points === this.#diesAt) this.#died = true;
    if (this.#died) throw new ProcessDied('the process died');
    this.#points += 1;
  }

  readonly onCheckpoint: CheckpointSwitch = () => this.pass();

  /** Puts the points around every request of these clients, inside their retries: the dead do not try again. */
  watch(clients: AwsClients): void {
    for (const service of ['ec2', 'rds', 'autoscaling', 'ssm', 'route53', 's3', 'sts'] as const)
      clients[service].middlewareStack.use(this.#aroundRequests());
  }

  #aroundRequests<I extends object, O extends object>(): Pluggable<I, O> {
    return {
      applyToStack: (stack) =>
        stack.add(
          (next) => async (args) => {
            this.pass();
            const result = await next(args);
            this.pass();
            return result;
          },
          { step: 'deserialize', name: 'mortality', priority: 'low' },
        ),
    };
  }
}
