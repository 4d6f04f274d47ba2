/** Queues, as far as dead letters need them. */

export interface QueueMessage {
  /** Sandbox time in milliseconds. */
  readonly at: number;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export class Queues {
  readonly #messages = new Map<string, QueueMessage[]>();

  create(arn: string): void {
    if (!this.#messages.has(arn)) this.#messages.set(arn, []);
  }

  /** False when there is no such queue. */
  send(arn: string, message: QueueMessage): boolean {
    const messages = this.#messages.get(arn);
    messages?.push(message);
    return messages !== undefined;
  }

  /** Oldest first. */
  messages(arn: string): readonly QueueMessage[] {
    return this.#messages.get(arn) ?? [];
  }

  get arns(): Iterable<string> {
    return this.#messages.keys();
  }
}
