import type { Json } from '../../shared/durable.ts';
import { attempt, type Failure, type Run } from './run.ts';
import type { PlannedStep } from './steps.ts';

/** What one look found: done, to be continued (with a word for people), or an end that waiting does not change. */
export type Look<T> =
  | { readonly at: 'done'; readonly value: T }
  | { readonly at: 'pending'; readonly value: T; readonly detail: string }
  | { readonly at: 'failed'; readonly value: T; readonly failure: Failure };

type Waiting<T> = {
  readonly value: T;
  readonly detail: string;
  readonly done: boolean;
  readonly failure?: Failure;
};

export interface WaitUntil<T extends Json> {
  readonly name: string;
  readonly begunAt: number;
  readonly initial: T;
  /** Told when the time is up: what a person should look at. */
  readonly lookAt: string;
  look(value: T): Promise<Look<T>>;
}

/** Looks until it is done, has failed or the step's time is up. The last value comes back with a failure, too. */
export async function waitUntil<T extends Json>(
  { deps, context }: Run,
  step: PlannedStep,
  { name, begunAt, initial, lookAt, look }: WaitUntil<T>,
): Promise<{ readonly value: T; readonly failure?: Failure }> {
  const until = begunAt + step.limitSeconds * 1000;
  const end = await context.waitFor<Waiting<T> & Json>(name, {
    // Sound: every member is plain data, which `T extends Json` says of the only one that is not spelt out.
    initial: { value: initial, detail: '', done: false } as Waiting<T> & Json,
    async check(state) {
      const looked = await attempt(() => look(state.value));
      const next = nextState(state, looked);
      const late = !next.done && next.failure === undefined && deps.clock.now() >= until;
      const detail = next.detail === '' ? '' : `; the last that was seen: ${next.detail}`;
      const reason = `not within ${describeSeconds(step.limitSeconds)}${detail}. Look at ${lookAt}`;
      if (!next.done) deps.reporter.progress(step.name, next.detail);
      // Sound: as above.
      return (late ? { ...next, failure: { reason } } : next) as Waiting<T> & Json;
    },
    next: ({ done, failure }, checks) =>
      done || failure !== undefined ? 'done' : { waitSeconds: Math.min(30, Math.ceil(1.5 ** (checks - 1))) },
  });
  return end.failure === undefined ? { value: end.value } : { value: end.value, failure: end.failure };
}

function nextState<T>(
  state: Waiting<T>,
  looked: { readonly value: Look<T> } | { readonly failure: Failure },
): Waiting<T> {
  // One look that a service refused says little: the next one may not be.
  if ('failure' in looked) return { ...state, detail: looked.failure.reason };
  const { value } = looked;
  switch (value.at) {
    case 'done':
      return { value: value.value, detail: '', done: true };
    case 'pending':
      return { value: value.value, detail: value.detail, done: false };
    case 'failed':
      return { value: value.value, detail: '', done: false, failure: value.failure };
  }
}

const describeSeconds = (seconds: number): string =>
  seconds % 3600 === 0 ? `${seconds / 3600} h` : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
