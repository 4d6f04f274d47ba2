/** Wildcards and variables of policies. */
import type { RequestValues } from './request-values.ts';

/** A pattern in parts, so that `${*}` can be told from `*`. */
type Part = '*' | '?' | { readonly literal: string };

const special: Readonly<Record<string, string>> = { '*': '*', '?': '?', $: '$' };

/**
 * A text of a policy with its variables put in ("IAM policy elements: Variables and tags"). Undefined when a variable
 * has no value in this request, or many: then nothing matches it. Wildcards in the values of variables are literal.
 */
export function resolveVariables(
  text: string,
  values: RequestValues,
  enabled: boolean,
): readonly Part[] | undefined {
  const parts: Part[] = [];
  let rest = text;
  while (rest !== '') {
    const variable = enabled ? /^\$\{([^}]*)\}/.exec(rest) : null;
    if (variable) {
      const value = variableValue(variable[1] ?? '', values);
      if (value === undefined) return undefined;
      parts.push({ literal: value });
      rest = rest.slice(variable[0].length);
      continue;
    }
    const [character = ''] = rest;
    if (character === '*' || character === '?') parts.push(character);
    else parts.push({ literal: character });
    rest = rest.slice(character.length);
  }
  return parts;
}

function variableValue(expression: string, values: RequestValues): string | undefined {
  if (expression in special) return special[expression];
  const [, key = '', fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(expression) ?? [];
  const found = values.get(key);
  if (found === undefined) return fallback;
  return typeof found === 'string' ? found : undefined;
}

export const plainText = (parts: readonly Part[]): string =>
  parts.map((part) => (typeof part === 'string' ? part : part.literal)).join('');

/** `*` stands for any characters, colons and slashes included, `?` for any one. */
export function matchesPattern(parts: readonly Part[], text: string, ignoreCase = false): boolean {
  const source = parts
    .map((part) => {
      if (part === '*') return '.*';
      return part === '?' ? '.' : part.literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su').test(text);
}

/**
 * The six parts of an ARN, each with its own wildcards ("Amazon Resource Name (ARN) condition operators"): a `*` in the
 * middle does not reach over a colon, except in the last part, which holds the rest.
 */
export function matchesArn(parts: readonly Part[], arn: string): boolean {
  const wanted = splitPattern(parts);
  const given = splitArn(arn);
  if (wanted.length !== 6 || given.length !== 6) return false;
  return wanted.every((part, index) => matchesPattern(part, given[index] ?? ''));
}

function splitArn(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function splitPattern(parts: readonly Part[]): readonly Part[][] {
  const segments: Part[][] = [[]];
  for (const part of parts) {
    const isColon = typeof part !== 'string' && part.literal === ':';
    if (isColon && segments.length < 6) segments.push([]);
    else segments.at(-1)?.push(part);
  }
  return segments;
}
