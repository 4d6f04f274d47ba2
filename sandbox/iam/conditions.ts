/** Condition operators, after "IAM JSON policy elements: Condition operators" and "Multivalued context keys". */
import { matchesIp } from './ip-ranges.ts';
import { matchesArn, matchesPattern, plainText, resolveVariables } from './patterns.ts';
import { type Condition, PolicyError } from './policy.ts';
import type { RequestValues } from './request-values.ts';

/** Whether one value of the request meets one value of the policy, with its variables put in. */
type Comparison = (given: string, wanted: NonNullable<ReturnType<typeof resolveVariables>>) => boolean;

const compareText =
  (compare: (given: string, wanted: string) => boolean): Comparison =>
  (given, wanted) =>
    compare(given, plainText(wanted));

const compareNumbers = (compare: (order: number) => boolean): Comparison =>
  compareText((given, wanted) => ordered(toNumber(given), toNumber(wanted), compare));

const compareTimes = (compare: (order: number) => boolean): Comparison =>
  compareText((given, wanted) => ordered(toTime(given), toTime(wanted), compare));

/** What is no number or no time meets nothing. */
function ordered(a: number, b: number, compare: (order: number) => boolean): boolean {
  return Number.isFinite(a) && Number.isFinite(b) && compare(a - b);
}

const toNumber = (text: string): number =>
  /^\s*[-+]?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;

/** ISO 8601, or seconds since the epoch. */
const toTime = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const lower = (text: string): string => text.toLowerCase();

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: compareText((given, wanted) => given === wanted),
  StringEqualsIgnoreCase: compareText((given, wanted) => lower(given) === lower(wanted)),
  StringLike: (given, wanted) => matchesPattern(wanted, given),
  NumericEquals: compareNumbers((order) => order === 0),
  NumericLessThan: compareNumbers((order) => order < 0),
  NumericLessThanEquals: compareNumbers((order) => order <= 0),
  NumericGreaterThan: compareNumbers((order) => order > 0),
  NumericGreaterThanEquals: compareNumbers((order) => order >= 0),
  DateEquals: compareTimes((order) => order === 0),
  DateLessThan: compareTimes((order) => order < 0),
  DateLessThanEquals: compareTimes((order) => order <= 0),
  DateGreaterThan: compareTimes((order) => order > 0),
  DateGreaterThanEquals: compareTimes((order) => order >= 0),
  Bool: compareText((given, wanted) => lower(given) === lower(wanted)),
  BinaryEquals: compareText((given, wanted) => given === wanted),
  IpAddress: compareText(matchesIp),
  // The two behave alike.
  ArnEquals: (given, wanted) => matchesArn(wanted, given),
  ArnLike: (given, wanted) => matchesArn(wanted, given),
};

const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

interface Operator {
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly comparison: Comparison | 'Null';
  readonly negated: boolean;
  readonly ifExists: boolean;
}

const known = new Map<string, Operator>();

/** @throws PolicyError for an operator that IAM does not have */
function readOperator(name: string): Operator {
  const found = known.get(name);
  if (found) return found;
  const [, set, base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name) ?? [];
  const positive = negations[base];
  const comparison = base === 'Null' ? base : comparisons[positive ?? base];
  if (comparison === undefined || (base === 'Null' && (ifExists ?? set) !== undefined))
    throw new PolicyError(`unknown condition operator ${name}`);
  const operator: Operator = {
    set: set === 'ForAllValues' || set === 'ForAnyValue' ? set : undefined,
    comparison,
    negated: positive !== undefined,
    ifExists: ifExists !== undefined,
  };
  known.set(name, operator);
  return operator;
}

/** Refuses operators that are none, before any request is judged. */
export function checkConditions(conditions: readonly Condition[]): void {
  for (const { operator } of conditions) readOperator(operator);
}

/** Whether the request meets every condition of a statement. */
export const meetsAll = (
  conditions: readonly Condition[],
  values: RequestValues,
  variables: boolean,
): boolean => conditions.every((condition) => meets(condition, values, variables));

function meets(
  { operator, key, values: wanted }: Condition,
  values: RequestValues,
  variables: boolean,
): boolean {
  const { set, comparison, negated, ifExists } = readOperator(operator);
  const value = values.get(key);
  if (comparison === 'Null') return wanted.some((each) => (lower(each) === 'true') === (value === undefined));
  const given = typeof value === 'string' ? [value] : value;
  if (given === undefined || given.length === 0) {
    // "For any value" asks for at least one value, whatever else is said.
    if (set !== undefined) return set === 'ForAllValues';
    // A key that is not there differs from everything.
    return ifExists || negated;
  }
  const patterns = wanted.flatMap((each) => {
    const parts = resolveVariables(each, values, variables);
    return parts === undefined ? [] : [parts];
  });
  // "Where the variable has no value the statement might be invalid": it never lets something through by differing.
  if (negated && patterns.length < wanted.length) return false;
  // Many wanted values are alternatives; of a negated operator none of them may match.
  const holds = (each: string): boolean => patterns.some((pattern) => comparison(each, pattern)) !== negated;
  return set === 'ForAllValues' ? given.every(holds) : given.some(holds);
}
