import * as z from 'zod';
import { expecting } from '../shared/expectation.ts';

// What the sections of `snapkeep.yaml` are made of. Messages are expectations (see `expecting`).

/** What applies when the file does not say otherwise. */
export const configDefaults = {
  lockDays: 14,
  lockMode: 'governance',
  timezone: 'UTC',
  timeout: '12h',
  consistency: 'preferred',
} as const;

/** A section: unknown keys are refused, and a value that is no mapping is answered with an example. */
export const section = <S extends z.ZodRawShape>(shape: S, example: string) =>
  z.strictObject(shape, { error: expecting(example) });

export const list = <T extends z.ZodType>(item: T, expected: string, remedy?: string) => {
  const error = expecting(expected, remedy);
  return z.array(item, { error }).min(1, { error });
};

export const wholeNumber = (minimum: number, maximum: number, unit: string) => {
  const error = expecting(`a whole number of ${unit} from ${minimum} to ${maximum}`);
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
};

export const flag = () => z.boolean({ error: expecting('true or false') });
export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: expecting(values.join(' or ')) });

/** Judged beside the other problems of a section, so that one reading of the report is enough. */
export const evenIfInvalid = (payload: { readonly value: unknown }): boolean =>
  typeof payload.value === 'object' && payload.value !== null;

export const has = (value: object, key: string): boolean => Object.hasOwn(value, key);
