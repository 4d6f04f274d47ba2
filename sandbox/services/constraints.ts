import { ServiceError } from '../service.ts';

/** One constraint of the service's own model: `broken` is its text when the value does not satisfy it. */
export interface Check {
  /** As the answer names it: `roleSessionName`, `targets.1.member.key`. */
  readonly member: string;
  readonly value: unknown;
  readonly broken: string | undefined;
}

/**
 * The sentence in which AWS services report constraints of their models, all of them at once. `code` is
 * `ValidationError` of query services and `ValidationException` of JSON services.
 */
export function checkConstraints(code: string, checks: readonly Check[]): void {
  const violations = checks.filter((check) => check.broken !== undefined);
  if (violations.length === 0) return;
  const list = violations.map(({ member, value, broken }) => {
    return `Value ${shownValue(value)} at '${member}' failed to satisfy constraint: ${broken}`;
  });
  const noun = list.length === 1 ? 'error' : 'errors';
  throw new ServiceError(code, `${list.length} validation ${noun} detected: ${list.join('; ')}`, 400);
}

/** Lists and structures as what is in them; a reader finds the wrong entry so. */
function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof Uint8Array) return `'${value.length} bytes'`;
  return `'${typeof value === 'object' ? JSON.stringify(value) : String(value)}'`;
}

/** Absent values pass: whether a member must be there is another question. */
export const matches = (member: string, value: string | undefined, pattern: string): Check => ({
  member,
  value,
  broken:
    value === undefined || new RegExp(`^(?:${pattern})$`, 'u').test(value)
      ? undefined
      : `Member must satisfy regular expression pattern: ${pattern}`,
});

export const lengthBetween = (
  member: string,
  value: { readonly length: number } | undefined,
  min: number,
  max: number,
): Check => ({
  member,
  value,
  broken:
    value === undefined || (value.length >= min && value.length <= max)
      ? undefined
      : value.length < min
        ? `Member must have length greater than or equal to ${min}`
        : `Member must have length less than or equal to ${max}`,
});

export const between = (member: string, value: number | undefined, min: number, max: number): Check => ({
  member,
  value,
  broken:
    value === undefined || (value >= min && value <= max)
      ? undefined
      : value < min
        ? `Member must have value greater than or equal to ${min}`
        : `Member must have value less than or equal to ${max}`,
});

export const oneOf = (member: string, value: string | undefined, allowed: readonly string[]): Check => ({
  member,
  value,
  broken:
    value === undefined || allowed.includes(value)
      ? undefined
      : `Member must satisfy enum value set: [${allowed.join(', ')}]`,
});
