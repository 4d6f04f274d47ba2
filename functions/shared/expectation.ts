/**
 * What a schema says about a value that it refuses: what it expected and, if there is more to say, what to do.
 * It travels through the schema library as one message, because that carries text only.
 */
export interface Expectation {
  readonly expected: string;
  readonly remedy?: string;
}

/** Packs an expectation into a schema's error message. */
export const expecting = (expected: string, remedy?: string): string =>
  remedy === undefined ? expected : `${expected}\n${remedy}`;

/** Unpacks what `expecting` packed. */
export function toExpectation(message: string): Expectation {
  const [expected = '', remedy] = message.split('\n', 2);
  return remedy === undefined ? { expected } : { expected, remedy };
}
