import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '../../functions/shared/errors.ts';
import type { Io } from './io.ts';

/**
 * Refuses settings of the AWS environment that cannot work, naming the variable: the SDK would say of an endpoint that
 * is none only that a URL is invalid, and go on to other credentials for a profile that is not there.
 */
export function checkAwsEnvironment(env: Io['env']): void {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS !== 'true') {
    for (const [name, value] of Object.entries(env))
      if (/^AWS_ENDPOINT_URL(_|$)/.test(name) && value && !isWebAddress(value))
        throw usageError(
          `${name} is ${JSON.stringify(value)}, which is no URL`,
          'write it like http://127.0.0.1:4577, or unset it',
        );
  }
  const profile = env.AWS_PROFILE;
  // The default profile need not be written down.
  if (!profile || profile === 'default' || profileFiles(env).some((file) => names(file, profile))) return;
  throw usageError(
    `AWS_PROFILE is ${JSON.stringify(profile)}, and ${profileFiles(env).join(' and ')} name no such profile`,
    'correct its name (`aws configure list-profiles` prints those there are), or unset it',
  );
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

/** Where the SDKs look ("Configuration and credential file settings" of the AWS CLI's guide). */
function profileFiles(env: Io['env']): string[] {
  const folder = join(env.HOME || homedir(), '.aws');
  return [
    env.AWS_CONFIG_FILE || join(folder, 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'),
  ];
}

function names(file: string, profile: string): boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return false;
  }
  const sections = text.matchAll(/^\s*\[\s*(?:profile\s+)?(?:"([^"]*)"|'([^']*)'|([^\]]*?))\s*\]/gm);
  return [...sections].some(([, double, single, bare]) => (double ?? single ?? bare) === profile);
}
