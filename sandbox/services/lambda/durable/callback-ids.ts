/** Callback IDs: opaque to whoever calls back, and enough to find the operation that waits. */

export interface CallbackPlace {
  readonly executionArn: string;
  readonly operationId: string;
}

export const callbackIdOf = (executionArn: string, operationId: string): string =>
  Buffer.from(JSON.stringify([executionArn, operationId])).toString('base64');

/** Undefined for what is none. */
export function placeOfCallback(callbackId: string): CallbackPlace | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(callbackId, 'base64').toString());
    if (!Array.isArray(value)) return undefined;
    const [executionArn, operationId]: unknown[] = value;
    return typeof executionArn === 'string' && typeof operationId === 'string'
      ? { executionArn, operationId }
      : undefined;
  } catch {
    return undefined;
  }
}
