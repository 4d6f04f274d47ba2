import * as z from 'zod';
import { toExpectation } from '../shared/expectation.ts';
import { nearest } from './nearest.ts';
import { describeValue, formatPath, type PathPart, type Problem } from './problems.ts';
import { fileSchema, laterSections, laterSourceKinds, planName, regionName } from './schema.ts';
import type { YamlDocument } from './yaml-document.ts';

type Issue = z.core.$ZodIssue;

/** Everything that the schema refused, with its place in the file, in the order of the file. */
export function toProblems(
  issues: readonly Issue[],
  document: YamlDocument,
  file: string,
): readonly Problem[] {
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
  const misspelt = new Set(
    unknown.flatMap(({ path, keys }) =>
      keys.map((key) => formatPath([...toPath(path), nearest(key, knownKeys(toPath(path))) ?? key])),
    ),
  );
  const sectionsWithUnknown = new Set(unknown.map((issue) => formatPath(toPath(issue.path))));
  const problems = issues.flatMap((issue) => {
    const path = toPath(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey([...path, key], document, file));
    }
    // A key that is missing because it is misspelt, or a rule that its section breaks without it, is no news.
    const consequence =
      (issue.code === 'custom' && sectionsWithUnknown.has(formatPath(path))) ||
      (misspelt.has(formatPath(path)) && valueAt(document.value, path) === undefined);
    return consequence ? [] : [refusedValue(issue, document, file)];
  });
  return inFileOrder(onePerPath([...nameProblems(document, file), ...problems]));
}

export const inFileOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));

/** Plans and Regions whose names cannot be used. Not the schema's business, see there. */
export const nameProblems = (document: YamlDocument, file: string): readonly Problem[] => [
  ...keyProblems('regions', regionName, document, file),
  ...keyProblems('plans', planName, document, file),
];

function keyProblems(
  section: string,
  schema: z.ZodType,
  document: YamlDocument,
  file: string,
): readonly Problem[] {
  const named = valueAt(document.value, [section]);
  if (typeof named !== 'object' || named === null || Array.isArray(named)) return [];
  return Object.keys(named).flatMap((name) => {
    const checked = schema.safeParse(name);
    if (checked.success) return [];
    const { expected, remedy } = toExpectation(checked.error.issues[0]?.message ?? '');
    const path = [section, name];
    const place = { file, ...document.locate(path, 'key'), path: formatPath(path) };
    const message = `found the name ${describeValue(name)}, expected ${expected}`;
    return [remedy === undefined ? { ...place, message } : { ...place, message, remedy }];
  });
}

const toPath = (path: readonly PropertyKey[]): readonly PathPart[] =>
  path.map((part) => (typeof part === 'number' ? part : String(part)));

function unknownKey(path: readonly PathPart[], document: YamlDocument, file: string): Problem {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const known = knownKeys(parent);
  const later = parent.length === 0 ? laterSections : parent.at(-2) === 'sources' ? laterSourceKinds : [];
  const place = { file, ...document.locate(path, 'key'), path: formatPath(path) };
  if (later.includes(key)) {
    const remedy =
      parent.length === 0
        ? 'Leave the section out; this version protects ec2, rds and aurora.'
        : 'Use ec2, rds or aurora.';
    return { ...place, message: `${key} is not supported by this version`, remedy };
  }
  const guess = nearest(key, known);
  const remedy = guess === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean ${guess}?`;
  return { ...place, message: `unknown key ${JSON.stringify(key)}`, remedy: remedy + flowHint(key) };
}

/** `{ expression: cron(0 3 ? * MON,WED *) }` ends the value at its comma and leaves half a key behind. */
const flowHint = (key: string): string =>
  key.endsWith(')') ? ' If it is part of an expression between { and }, put the expression in quotes.' : '';

function refusedValue(issue: Issue, document: YamlDocument, file: string): Problem {
  // A bad key of a mapping (the name of a plan, a tag) is reported at the mapping's entry.
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  const path = toPath(issue.path);
  const found = inner === undefined ? valueAt(document.value, path) : path.at(-1);
  const { expected, remedy } = toExpectation((inner ?? issue).message);
  const place = {
    file,
    ...document.locate(path, inner === undefined ? 'value' : 'key'),
    path: formatPath(path),
  };
  const message =
    found === undefined || found === null
      ? `${found === undefined ? 'missing' : 'empty'}, expected ${expected}`
      : `found ${describeFound(found)}, expected ${expected}`;
  const hint = remedy ?? typeHint(issue, found);
  return hint === undefined ? { ...place, message } : { ...place, message, remedy: hint };
}

function describeFound(found: unknown): string {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return describeValue(found);
  const keys = Object.keys(found);
  return keys.length === 0 ? 'an empty mapping' : `a mapping with ${keys.slice(0, 8).join(', ')}`;
}

/** Numbers in quotes and words without them are the most frequent slips in YAML. */
function typeHint(issue: Issue, found: unknown): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if ((issue.expected === 'number' || issue.expected === 'int') && typeof found === 'string') {
    return 'Write the number without quotes.';
  }
  if (issue.expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')) {
    return 'Put the value in quotes.';
  }
  return issue.expected === 'array' ? 'Write a list: [a, b].' : undefined;
}

function valueAt(value: unknown, path: readonly PathPart[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    // Sound: the object has this own property, whatever its type.
    current = (current as Readonly<Record<PathPart, unknown>>)[part];
  }
  return current;
}

/** The keys that the schema knows at a path. */
function knownKeys(path: readonly PathPart[]): readonly string[] {
  let schema: z.core.$ZodType | undefined = fileSchema;
  for (const part of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodObject) schema = schema.shape[part];
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else if (schema instanceof z.ZodArray) schema = schema.element;
  }
  schema = unwrap(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}

function onePerPath(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    if (seen.has(problem.path)) return false;
    seen.add(problem.path);
    return true;
  });
}
