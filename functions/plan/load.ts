import { readFile } from 'node:fs/promises';
import { errorCode, usageError } from '../shared/errors.ts';
import { applicationNames } from './applications.ts';
import type { Config, Plan, Regions } from './config.ts';
import { nearest } from './nearest.ts';
import { type ParsedConfig, type ParseOptions, parseConfigWithWarnings } from './parse.ts';

/**
 * Reads and checks a configuration file. Throws a `usage` error (exit 2): one sentence when the file cannot be
 * read, every problem with its place when its content cannot be used.
 */
export async function loadConfig(
  path: string,
  options: ParseOptions = { applications: applicationNames },
): Promise<ParsedConfig> {
  return parseConfigWithWarnings(decode(await read(path), path), path, options);
}

/** The plan of that name. Throws a `usage` error that lists the plans there are. */
export function findPlan(config: Config, name: string): Plan {
  const plan = Object.hasOwn(config.plans, name) ? config.plans[name] : undefined;
  if (plan !== undefined) return plan;
  throw unknownPlan(name, [config]);
}

/** The Region of the plan of that name. Throws a `usage` error that lists the plans there are. */
export function findRegion(regions: Regions, name: string): Config {
  const config = regions.find(({ plans }) => Object.hasOwn(plans, name));
  if (config !== undefined) return config;
  throw unknownPlan(name, regions);
}

function unknownPlan(name: string, regions: readonly Config[]): Error {
  const names = regions.flatMap(({ plans }) => Object.keys(plans));
  const guess = nearest(name, names);
  const list = `Plans of this configuration: ${names.join(', ')}.`;
  return usageError(
    `there is no plan ${JSON.stringify(name)}.`,
    guess === undefined ? list : `Did you mean ${guess}? ${list}`,
  );
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  // Node puts the system's code beside the name of the error.
  const code = error instanceof Error && 'code' in error ? String(error.code) : errorCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return usageError(
        `${path} does not exist.`,
        'Run `snapkeep init` to write one, or name another with --config FILE.',
        error,
      );
    case 'EISDIR':
      return usageError(`${path} is a directory.`, 'Name the file with --config FILE.', error);
    case 'EACCES':
    case 'EPERM':
      return usageError(`${path} may not be read by this user.`, 'Check its permissions.', error);
    default:
      return usageError(`${path} cannot be read (${code}).`, undefined, error);
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw usageError(`${path} is not UTF-8 text.`, 'Save the file with the encoding UTF-8.', error);
  }
}
