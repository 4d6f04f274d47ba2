import type { Json } from '../shared/durable.ts';

/** Limits of one durable execution (AWS Lambda quotas, "Durable functions"), kept locally so that a demo fails where the cloud would. */
export interface DurableLimits {
  /** The execution itself, every step, wait, invoke and branch, and every further check of a wait. */
  readonly operations: number;
  /** One result, state or payload as JSON in UTF-8. The service allows 256 KB; we design for 200 KB. */
  readonly payloadBytes: number;
  /** Everything that one execution ever wrote. */
  readonly totalBytes: number;
}

export const serviceLimits: DurableLimits = {
  operations: 3_000,
  payloadBytes: 200 * 1024,
  totalBytes: 100 * 1024 * 1024,
};

/** The workflow asks for more than the service gives. A defect of the workflow, never of the estate. */
export class DurableLimitError extends Error {
  readonly operation: string;
  readonly limit: keyof DurableLimits;
  readonly allowed: number;
  readonly found: number;

  constructor(operation: string, limit: keyof DurableLimits, allowed: number, found: number) {
    super(
      `'${operation}' needs ${found} ${limit === 'operations' ? 'operations' : 'bytes'} where a durable execution may use ${allowed}: ${remedies[limit]}`,
    );
    this.name = 'DurableLimitError';
    this.operation = operation;
    this.limit = limit;
    this.allowed = allowed;
    this.found = found;
  }
}

const remedies = {
  operations: 'work in batches, or give a shard of the work to another execution',
  payloadBytes: 'return a key or a count and keep the data in the vault',
  totalBytes: 'return less from each step, or shard the work',
} satisfies Record<keyof DurableLimits, string>;

/** A step returned what a checkpoint cannot hold. A defect of the workflow. */
export class NotPlainDataError extends Error {
  readonly operation: string;

  constructor(operation: string, found: string) {
    super(`'${operation}' returned ${found}, which does not survive a checkpoint: return plain JSON data`);
    this.name = 'NotPlainDataError';
    this.operation = operation;
  }
}

/**
 * The JSON of a result, as it is checkpointed. What JSON would drop or change without a word (a Map, a Date, NaN,
 * a function, nothing at all) is an error here, since a replay would see something else than the first run.
 */
export function toPayload(operation: string, value: Json, payloadBytes: number): string {
  const text = JSON.stringify(value, function (this: unknown, key: string, child: unknown) {
    // A Date reaches a replacer as text already; its holder still has the object.
    const original = isRecord(this) && key in this ? this[key] : child;
    const strange = strangeness(original);
    if (strange !== undefined) throw new NotPlainDataError(operation, strange);
    return child;
  });
  if (text === undefined) throw new NotPlainDataError(operation, 'nothing');
  const bytes = Buffer.byteLength(text);
  if (bytes > payloadBytes) throw new DurableLimitError(operation, 'payloadBytes', payloadBytes, bytes);
  return text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function strangeness(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    return `a ${typeof value}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  return `an instance of ${value.constructor.name}`;
}
