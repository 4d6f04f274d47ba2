/** What one durable execution may use (AWS Lambda quotas, "Durable functions"). */
export interface DurableLimits {
  /** The execution itself, every other operation, and every further attempt of a step. */
  readonly operations: number;
  /** One payload of a checkpoint, in bytes. */
  readonly payloadBytes: number;
  /** Everything that the checkpoints ever wrote, in bytes. */
  readonly storedBytes: number;
  /** The result of an asynchronous execution, in bytes. */
  readonly resultBytes: number;
}

export const documentedLimits: DurableLimits = {
  operations: 3_000,
  payloadBytes: 256 * 1024,
  storedBytes: 100 * 1024 * 1024,
  resultBytes: 1024 * 1024,
};

/** Operations in the event of an invocation, and by default in a page of GetDurableExecutionState. */
export const defaultPage = 100;
export const largestPage = 1_000;

/** "detect and handle duplicate requests within a 15-minute window" (CheckpointDurableExecution) */
export const clientTokenMilliseconds = 15 * 60 * 1000;
