import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkAwsEnvironment } from '../../bin/cli/aws-environment.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'snapkeep-home-'));
  mkdirSync(join(home, '.aws'));
});
afterEach(() => rmSync(home, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(home, '.aws', name), text);
const check = (env: Record<string, string>) => () => checkAwsEnvironment({ HOME: home, ...env });

it('finds a profile in either file, however its name is quoted', () => {
  write('config', '[default]\nregion = eu-west-1\n[profile sso]\n[ profile "two words" ]\n');
  write('credentials', '# keys\n[keys]\naws_access_key_id = AKIA\n');
  for (const AWS_PROFILE of ['sso', 'two words', 'keys', 'default', ''])
    expect(check({ AWS_PROFILE })).not.toThrow();
  expect(check({ AWS_PROFILE: 'ss' })).toThrow('AWS_PROFILE is "ss"');
});

it('looks where the environment says that the files are', () => {
  write('elsewhere', '[profile moved]\n');
  const AWS_CONFIG_FILE = join(home, '.aws', 'elsewhere');
  expect(check({ AWS_PROFILE: 'moved' })).toThrow('AWS_PROFILE is "moved"');
  expect(check({ AWS_PROFILE: 'moved', AWS_CONFIG_FILE })).not.toThrow();
});

it('leaves an endpoint alone that is a URL, empty, or to be ignored', () => {
  expect(check({ AWS_ENDPOINT_URL: 'http://127.0.0.1:4577', AWS_ENDPOINT_URL_S3: '' })).not.toThrow();
  const AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = 'true';
  expect(check({ AWS_ENDPOINT_URL: 'nonsense', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS })).not.toThrow();
  expect(check({ AWS_ENDPOINT_URL: 'nonsense' })).toThrow('AWS_ENDPOINT_URL is "nonsense", which is no URL');
});
