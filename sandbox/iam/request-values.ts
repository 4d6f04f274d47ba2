/** What a condition can ask about a request: one value, or many for keys such as `aws:TagKeys`. */
export type Value = string | readonly string[];

/** Condition keys with their values, by name as documented; undefined ones are not in the request. */
export type Context = Readonly<Record<string, Value | undefined>>;

/** The values of one request. Names of keys are not case-sensitive; those of tags within them are not either. */
export class RequestValues {
  readonly #values = new Map<string, Value>();

  constructor(...contexts: readonly Context[]) {
    for (const context of contexts) {
      for (const [key, value] of Object.entries(context)) {
        if (value !== undefined) this.#values.set(key.toLowerCase(), value);
      }
    }
  }

  get(key: string): Value | undefined {
    return this.#values.get(key.toLowerCase());
  }
}
