import { SnapkeepError } from '../shared/errors.ts';

/** One thing that is wrong in a file, and where. */
export interface Problem {
  readonly file: string;
  /** From 1; absent when the file as a whole is meant. */
  readonly line?: number;
  readonly column?: number;
  /** `plans.ci.retention.daily`; empty for the top level. */
  readonly path: string;
  /** One clause without a full stop. */
  readonly message: string;
  readonly remedy?: string;
}

/** What a reader should look at, though it is no error. Same form as a problem. */
export type ConfigWarning = Problem;

/** What a check has to say. */
export interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly ConfigWarning[];
}

/** Makes a problem or a warning of a place in the file. */
export type At = (path: readonly PathPart[], message: string, remedy: string) => Problem;

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends SnapkeepError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], cause?: unknown) {
    const [first] = problems;
    const single = problems.length === 1 && first !== undefined;
    super('usage', single ? formatProblem(first, false) : summary(file, problems), {
      ...(single && first.remedy !== undefined ? { remedy: first.remedy } : {}),
      cause,
    });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const summary = (file: string, problems: readonly Problem[]): string =>
  [
    `${file} has ${problems.length} problems:`,
    ...problems.map((problem) => `  ${formatProblem(problem, true)}`),
  ].join('\n');

/** `file:line:column: path: message.`, with the remedy behind it if asked for. */
export function formatProblem(problem: Problem, withRemedy: boolean): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const remedy = withRemedy && problem.remedy !== undefined ? ` ${problem.remedy}` : '';
  return `${place}: ${path}${problem.message}.${remedy}`;
}

export type PathPart = string | number;

/** `plans.ci.sources[0].ec2`; keys that are no plain words are quoted. */
export function formatPath(path: readonly PathPart[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

const shownCharacters = 60;

/** The value that was found, as short text for a sentence. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}...`;
}
