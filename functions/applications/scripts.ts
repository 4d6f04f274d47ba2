import { readFileSync } from 'node:fs';
import type { FileRule, Profile, ProfileCheck, ProfileStep } from './profile.ts';
import { profilesFolder } from './profiles-folder.ts';
import { systemRules } from './system-rules.ts';

/**
 * The one line of every script that says where the machine's `/` is. Always the second line, exactly once; a
 * rehearsal in a tree replaces it.
 */
export const rootLine = 'SNAPKEEP_ROOT=/';

type CommonScript =
  | 'begin.sh'
  | 'paths.sh'
  | 'record.sh'
  | 'rewrite.awk'
  | 'rewrite.sh'
  | 'machine-name.sh'
  | 'system.sh'
  | 'undo.sh'
  | 'stop-units.sh'
  | 'hold-units.sh'
  | 'units.sh'
  | 'steps.sh';
const common = (name: CommonScript): string => readFileSync(`${profilesFolder}/common/${name}`, 'utf8');

/** Every part is text of ours that ends with a newline; `#!/bin/sh` and the root line come first. */
const compose = (...parts: readonly string[]): string =>
  ['#!/bin/sh\n', `${rootLine}\n`, ...parts.map(withoutComments)].join('');

/** Comments are for the reader of the repository: a document and its parameters have 64 KB. */
const withoutComments = (part: string): string =>
  part.replaceAll(/^[ \t]*#(?! shellcheck ).*\n/gm, '').replaceAll(/^\n/gm, '');

/** Between single quotes; the schema lets no quote through. */
const quoted = (value: string): string => {
  if (value.includes("'")) throw new TypeError(`${value} cannot stand in a script`);
  return `'${value}'`;
};

const ruleLine = (rule: FileRule): string =>
  [
    '  rule',
    rule.glob,
    rule.format,
    rule.keepComments || rule.format === 'hosts' ? '#' : '',
    rule.keys?.join(' ') ?? '',
    rule.neverKeys?.join(' ') ?? '',
    rule.dropOptions?.join(' ') ?? '',
    rule.whenExists ?? '',
  ]
    .map((word, index) => (index === 0 ? word : quoted(word)))
    .join(' ');

const rulesOf = (rules: readonly FileRule[]): string =>
  `rules() {\n${rules.map((rule) => `${ruleLine(rule)}\n`).join('')}}\n`;

const unitsOf = (units: readonly string[]): string => `units=${quoted(units.join(' '))}\n`;

/** @param units what is held back first, should it run */
export const rewriteScript = (files: readonly FileRule[], units: readonly string[] = []): string =>
  compose(
    common('begin.sh'),
    common('paths.sh'),
    common('record.sh'),
    unitsOf(units),
    common('hold-units.sh'),
    common('stop-units.sh'),
    `REWRITE_AWK=$(cat <<'END_OF_AWK'\n${common('rewrite.awk')}END_OF_AWK\n)\n`,
    common('rewrite.sh'),
    common('machine-name.sh'),
    common('system.sh'),
    rulesOf([...files, ...systemRules]),
    'rewrite_main\n',
  );

export const undoScript = (): string =>
  compose(
    common('begin.sh'),
    common('paths.sh'),
    common('record.sh'),
    common('machine-name.sh'),
    common('undo.sh'),
    'undo_main\n',
  );

const unitsScript = (units: readonly string[], call: string): string =>
  compose(
    common('begin.sh'),
    common('paths.sh'),
    unitsOf(units),
    common('hold-units.sh'),
    common('units.sh'),
    `${call}\n`,
  );

export const startUnitsScript = (units: readonly string[]): string => unitsScript(units, 'start_units');

/** Runs outside of Systems Manager, as the boothook part of a launched machine's user data. */
export const holdUnitsScript = (units: readonly string[]): string => unitsScript(units, 'hold_units');

const shellFunction = (name: string, body: string): string => `${name}() {\n${body}}\n`;

function scriptOf(profile: Profile, path: string): string {
  const text = profile.scripts[path];
  if (text === undefined) throw new TypeError(`the script ${path} of ${profile.name} was not read`);
  return text;
}

const stepBegin = (profile: Profile): readonly string[] => [
  common('begin.sh'),
  common('paths.sh'),
  unitsOf([]),
  common('hold-units.sh'),
  common('units.sh'),
  common('steps.sh'),
  profile.library === undefined ? '' : scriptOf(profile, profile.library),
  'read_step_values\n',
];

function stepBody(profile: Profile, step: ProfileStep): string {
  if ('run' in step) return scriptOf(profile, step.run);
  if (step.action === 'remove-directory') return `remove_directory ${quoted(step.path)}\n`;
  return `${unitsOf(step.units)}units_folders\neach_unit ${step.action.replace('-units', '')}\n`;
}

export function stepScript(profile: Profile, step: ProfileStep): string {
  const until = 'run' in step ? step.until : undefined;
  return compose(
    ...stepBegin(profile),
    shellFunction('step_run', stepBody(profile, step)),
    shellFunction('step_until', until === undefined ? 'return 0\n' : scriptOf(profile, until.script)),
    `run_step ${step.name} ${step.timeoutSeconds} ${until?.intervalSeconds ?? 1}\n`,
  );
}

export function checkScript(profile: Profile, check: ProfileCheck): string {
  const body =
    'http' in check
      ? `http_answers ${quoted(check.http.url)} ${check.http.status}\n`
      : scriptOf(profile, check.command);
  return compose(
    ...stepBegin(profile),
    shellFunction('step_run', 'return 0\n'),
    shellFunction('step_until', body),
    `run_step ${check.name} ${check.timeoutSeconds} ${check.intervalSeconds}\n`,
  );
}
