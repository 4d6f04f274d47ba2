import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadProfile, parseProfile, profilesFolder } from '../../../functions/applications/load-profile.ts';
import { applicationNames } from '../../../functions/plan/applications.ts';
import { ConfigError } from '../../../functions/plan/problems.ts';

const begin = 'version: 1\nname: app\ntitle: App\n';
const parse = (rest: string, scripts: Record<string, string> = {}) =>
  parseProfile(begin + rest, 'profile.yaml', (path) => scripts[path]);
function problemsOf(rest: string, scripts: Record<string, string> = {}): readonly string[] {
  try {
    parse(rest, scripts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, path, message }) => `${line ?? '-'} ${path}: ${message}`);
  }
  return [];
}

describe('a profile', () => {
  test('of every folder is valid and belongs to an application that a plan may name', () => {
    const names = readdirSync(profilesFolder).filter((name) => name !== 'common');
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      expect(loadProfile(name)?.name).toBe(name);
      expect(applicationNames).toContain(name);
    }
  });

  test('that is not there is undefined, and a path is no name', () => {
    expect(loadProfile('no-such')).toBeUndefined();
    expect(() => loadProfile('../common')).toThrow('is no name of a profile');
  });

  test('needs no more than version, name and title', () => {
    expect(parse('')).toEqual({
      version: 1,
      name: 'app',
      title: 'App',
      units: [],
      files: [],
      steps: [],
      checks: [],
      remains: [],
      scripts: {},
    });
  });

  test('stops on failure, keeps nothing of comments and expects 200 unless it says otherwise', () => {
    const profile = parse(
      `files: [{ glob: /etc/app, format: plain }]
steps: [{ name: go, run: go.sh, timeoutSeconds: 60 }]
checks: [{ name: web, http: { url: "http://localhost:80/" }, timeoutSeconds: 60 }]
remains: [{ text: "Look." }]\n`,
      { 'go.sh': 'true\n' },
    );
    expect(profile.files[0]).toMatchObject({ keepComments: false });
    expect(profile.steps[0]).toMatchObject({ onFailure: 'stop' });
    expect(profile.checks[0]).toMatchObject({
      http: { status: 200 },
      intervalSeconds: 10,
      onFailure: 'stop',
    });
    expect(profile.remains[0]).toMatchObject({ when: 'always' });
    expect(profile.scripts).toEqual({ 'go.sh': 'true\n' });
  });

  test.each([
    ['unit: [x]', ['4 unit: unknown key "unit"']],
    ['units: [replicated]', ['4 units[0]: found "replicated", expected a unit such as replicated.service']],
    [
      'units: ["a b.service"]',
      ['4 units[0]: found "a b.service", expected a unit such as replicated.service'],
    ],
    [
      `files: [{ glob: "/etc/it's", format: plain }]`,
      [
        `4 files[0].glob: found "/etc/it's", expected an absolute path in which names may hold *, ? and [...]`,
      ],
    ],
    [
      'files: [{ glob: /etc/../x, format: plain }]',
      [
        '4 files[0].glob: found "/etc/../x", expected an absolute path in which names may hold *, ? and [...]',
      ],
    ],
    [
      'files: [{ glob: /proc/x, format: plain }]',
      ['4 files[0].glob: found "/proc/x", expected an absolute path in which names may hold *, ? and [...]'],
    ],
    [
      'files: [{ glob: /var/lib/snapkeep/*, format: plain }]',
      [
        '4 files[0].glob: found "/var/lib/snapkeep/*", expected an absolute path in which names may hold *, ? and [...]',
      ],
    ],
    [
      'files: [{ glob: /etc/x, format: xml }]',
      ['4 files[0].format: found "xml", expected plain, shell-assignment or hosts'],
    ],
    [
      'files: [{ glob: /etc/x, format: plain, keys: [A] }]',
      ['4 files[0]: found a mapping, expected keys only with format: shell-assignment'],
    ],
    [
      'checks: [{ name: web, timeoutSeconds: 60, http: { url: "http://example.com/" } }]',
      [
        '4 checks[0].http.url: found "http://example.com/", expected a URL of the machine itself such as http://localhost:80/health',
      ],
    ],
    [
      'remains: [{ text: "x", when: never }]',
      ['4 remains[0].when: found "never", expected always, address-changed or service-name-changed'],
    ],
  ])('is refused: %s', (rest, problems) => {
    expect(problemsOf(`${rest}\n`)).toEqual(problems);
  });

  test('is refused when a step has a script and an action, or one name twice', () => {
    expect(
      problemsOf('steps: [{ name: a, timeoutSeconds: 60, run: a.sh, action: remove-directory, path: /x }]\n'),
    ).toEqual([expect.stringContaining('4 steps[0]: found a mapping, expected a step with run')]);
    const twice = '{ name: a, timeoutSeconds: 60, action: remove-directory, path: /opt/x }';
    expect(problemsOf(`steps:\n  - ${twice}\n  - ${twice}\n`)).toEqual([
      '6 steps[1].name: found "a", expected another name than the step before it',
    ]);
  });

  test('is refused when a script is missing, holds braces, or is no text of lines', () => {
    const step = 'steps: [{ name: go, run: go.sh, timeoutSeconds: 60 }]\n';
    expect(problemsOf(step)).toEqual(['- : the script go.sh is not there']);
    expect(problemsOf(step, { 'go.sh': 'echo {{ x }}\n' })).toEqual(['- : the script go.sh holds {{']);
    expect(problemsOf(step, { 'go.sh': 'echo\r\n' })).toEqual([
      '- : the script go.sh holds carriage returns or zero bytes',
    ]);
    expect(problemsOf(step, { 'go.sh': 'echo' })).toEqual([
      '- : the script go.sh does not end with a newline',
    ]);
  });
});
