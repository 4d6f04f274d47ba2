/** What a durable function's code said at the end of an invocation. */
import type { ErrorObject } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import type { Outcome } from '../state.ts';

const errorSchema = z.object({
  ErrorType: z.string().optional(),
  ErrorMessage: z.string().optional(),
  ErrorData: z.string().optional(),
  StackTrace: z.array(z.string()).optional(),
});
const answerSchema = z.discriminatedUnion('Status', [
  z.object({ Status: z.literal('SUCCEEDED'), Result: z.string().optional() }),
  z.object({ Status: z.literal('FAILED'), Error: errorSchema.optional() }),
  z.object({ Status: z.literal('PENDING') }),
]);
const runtimeErrorSchema = z.object({
  errorType: z.string().optional(),
  errorMessage: z.string().optional(),
  trace: z.array(z.string()).optional(),
  stackTrace: z.array(z.string()).optional(),
});

export type Said =
  | { readonly status: 'SUCCEEDED'; readonly result: string }
  | { readonly status: 'FAILED' | 'DIED'; readonly error: ErrorObject }
  | { readonly status: 'PENDING' };

/** `DIED`: the invocation itself went wrong (a dead process, a timeout, an exception), which is tried again. */
export function readAnswer({ payload, functionError }: Outcome): Said {
  if (functionError) return { status: 'DIED', error: runtimeError(payload) };
  const parsed = answerSchema.safeParse(parse(payload));
  if (!parsed.success) {
    const ErrorMessage = `The function answered neither SUCCEEDED nor FAILED nor PENDING: ${payload.slice(0, 200)}`;
    return { status: 'FAILED', error: { ErrorType: 'InvalidParameterValueException', ErrorMessage } };
  }
  const answer = parsed.data;
  switch (answer.Status) {
    case 'SUCCEEDED':
      return { status: 'SUCCEEDED', result: answer.Result ?? 'null' };
    case 'FAILED':
      return { status: 'FAILED', error: answer.Error ?? {} };
    case 'PENDING':
      return { status: 'PENDING' };
  }
}

/** The error object of the runtime, in the words of durable executions. */
export function runtimeError(payload: string): ErrorObject {
  const parsed = runtimeErrorSchema.safeParse(parse(payload));
  if (!parsed.success) return { ErrorMessage: payload.slice(0, 1000) };
  const { errorType: ErrorType, errorMessage: ErrorMessage, trace, stackTrace = trace } = parsed.data;
  return {
    ...(ErrorType === undefined ? {} : { ErrorType }),
    ...(ErrorMessage === undefined ? {} : { ErrorMessage }),
    ...(stackTrace === undefined ? {} : { StackTrace: stackTrace }),
  };
}

/** What a synchronous invocation of a failed execution answers. */
export function failedOutcome({ ErrorType, ErrorMessage, ErrorData, StackTrace }: ErrorObject): Outcome {
  const told = {
    errorType: ErrorType ?? 'Error',
    errorMessage: ErrorMessage ?? '',
    ...(ErrorData === undefined ? {} : { errorData: ErrorData }),
    stackTrace: StackTrace ?? [],
  };
  return { payload: JSON.stringify(told), functionError: 'Unhandled' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
