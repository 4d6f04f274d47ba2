/** What can be wrong with a request before any handler sees it. Each protocol has its own code for each. */
export type DecodeProblem =
  /** The body is not what the protocol says: broken XML, JSON, percent-encoding. */
  | 'malformed'
  /** A parameter that the operation does not have. */
  | 'unknown'
  /** A required member is absent. */
  | 'missing'
  /** A value of the wrong type. */
  | 'invalid';

export class DecodeError extends Error {
  readonly problem: DecodeProblem;
  /** The parameter as the wire names it, e.g. `Filter.1.Name`; empty for the body as a whole. */
  readonly parameter: string;
  /** The value received, for messages. */
  readonly value: string | undefined;

  constructor(problem: DecodeProblem, parameter: string, message: string, value?: string) {
    super(message);
    this.name = 'DecodeError';
    this.problem = problem;
    this.parameter = parameter;
    this.value = value;
  }
}

/** A handler returned what its operation's schema does not have: a mistake in the sandbox, never in the request. */
export class EncodeError extends Error {
  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.name = 'EncodeError';
  }
}
