import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { ConfigError, describeValue, formatPath, type PathPart, type Problem } from '../plan/problems.ts';
import { parseYaml, type YamlDocument } from '../plan/yaml-document.ts';
import { usageError } from '../shared/errors.ts';
import { toExpectation } from '../shared/expectation.ts';
import { namePattern } from '../shared/names.ts';
import { type Profile, profileSchema, scriptsOf, type WrittenProfile } from './profile.ts';
import { profilesFolder } from './profiles-folder.ts';

export { profilesFolder } from './profiles-folder.ts';

/**
 * The profile of an application, from `<folder>/<name>/profile.yaml`; undefined when there is none. Throws a `usage`
 * error that names file, line and path of everything that is wrong with it.
 */
export function loadProfile(name: string, folder: string = profilesFolder): Profile | undefined {
  if (!namePattern.test(name)) throw usageError(`${describeValue(name)} is no name of a profile.`);
  const file = `${folder}/${name}/profile.yaml`;
  const text = readText(file);
  if (text === undefined) return undefined;
  const read = (path: string): string | undefined => readText(`${folder}/${name}/${path}`);
  const profile = parseProfile(text, file, read);
  if (profile.name !== name) {
    const message = `found ${describeValue(profile.name)}, expected ${name} like its folder`;
    throw new ConfigError(file, [{ file, path: 'name', message }]);
  }
  return profile;
}

/** The profile that a text means. `read` gives the text of a script in its folder, undefined when it is not there. */
export function parseProfile(
  text: string,
  file: string,
  read: (path: string) => string | undefined,
): Profile {
  const document = parseYaml(text, file);
  const result = profileSchema.safeParse(document.value);
  if (!result.success) throw new ConfigError(file, toProblems(result.error.issues, document, file));
  return { ...result.data, scripts: readScripts(result.data, file, read) };
}

function readScripts(
  written: WrittenProfile,
  file: string,
  read: (path: string) => string | undefined,
): Readonly<Record<string, string>> {
  const scripts: Record<string, string> = {};
  const problems: Problem[] = [];
  for (const path of scriptsOf(written)) {
    const text = read(path);
    const message = text === undefined ? `the script ${path} is not there` : unusable(path, text);
    if (message === undefined && text !== undefined) scripts[path] = text;
    else problems.push({ file, path: '', message: message ?? '' });
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return scripts;
}

function unusable(path: string, text: string): string | undefined {
  // Systems Manager replaces {{ name }} in the text of a document by a parameter: values would become code.
  if (text.includes('{{')) return `the script ${path} holds {{`;
  if (text.includes('\r') || text.includes('\0'))
    return `the script ${path} holds carriage returns or zero bytes`;
  if (!text.endsWith('\n')) return `the script ${path} does not end with a newline`;
  return undefined;
}

function toProblems(
  issues: readonly z.core.$ZodIssue[],
  document: YamlDocument,
  file: string,
): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = issue.path.map((part): PathPart => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        file,
        ...document.locate([...path, key], 'key'),
        path: formatPath([...path, key]),
        message: `unknown key ${JSON.stringify(key)}`,
      }));
    }
    const { expected, remedy } = toExpectation(issue.message);
    const message = `found ${describeValue(valueAt(document.value, path))}, expected ${expected}`;
    const problem = { file, ...document.locate(path, 'value'), path: formatPath(path), message };
    return [remedy === undefined ? problem : { ...problem, remedy }];
  });
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

function readText(file: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw usageError(`${file} cannot be read.`, 'It must be a file of UTF-8 text.', error);
  }
}
