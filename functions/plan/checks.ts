import type { Config, Plan, SourceSelection } from './config.ts';
import { nearest } from './nearest.ts';
import { type ConfigWarning, formatPath, type PathPart, type Problem } from './problems.ts';
import { isKnownRegion, knownRegions } from './regions.ts';
import { parseScheduleExpression } from './schedule.ts';
import type { YamlDocument } from './yaml-document.ts';

export interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly ConfigWarning[];
}

interface Place {
  readonly path: readonly PathPart[];
  readonly label: string;
}

const shortestUsefulMinutes = 15;

/** What no single value shows: values that do not fit together, and ones that are allowed but odd. */
export function checkAcrossSections(
  config: Config,
  document: YamlDocument,
  file: string,
  applications: readonly string[] | undefined,
): Findings {
  const problems: Problem[] = [];
  const warnings: ConfigWarning[] = [];
  const at = (path: readonly PathPart[], message: string, remedy: string): Problem => ({
    file,
    ...document.locate(path, 'value'),
    path: formatPath(path),
    message,
    remedy,
  });

  if (!isKnownRegion(config.region)) {
    const guess = nearest(config.region, knownRegions);
    const remedy = guess === undefined ? 'Check the spelling.' : `Did you mean ${guess}?`;
    warnings.push(at(['region'], `${config.region} is not a Region that this version knows`, remedy));
  }
  const keyRegion = config.vault.kmsKey?.split(':')[3];
  if (keyRegion !== undefined && keyRegion !== config.region) {
    const message = `found a key in ${keyRegion}, expected one in ${config.region}, where the vault is`;
    problems.push(at(['vault', 'kmsKey'], message, 'Use a key of that Region.'));
  }
  if (config.vault.lockMode === 'compliance' && config.vault.lockDays > 365) {
    const message = `with compliance nobody can delete a ledger entry for ${config.vault.lockDays} days`;
    warnings.push(at(['vault', 'lockDays'], message, 'Use governance or fewer days if that is not wanted.'));
  }
  for (const [index, email] of config.notify.emails.entries()) {
    if (config.notify.emails.indexOf(email) < index) {
      problems.push(at(['notify', 'emails', index], `${email} is there twice`, 'Remove one of the two.'));
    }
  }

  const placeholders = findPlaceholders(document.value, []);
  const [placeholder] = placeholders;
  if (placeholder !== undefined) {
    const message = `${placeholders.map(formatPath).join(', ')} still ${placeholders.length === 1 ? 'says' : 'say'} change-me`;
    warnings.push({ ...at(placeholder, message, 'Replace what `snapkeep init` could not know.'), path: '' });
  }

  for (const path of findWildcards(config)) {
    const remedy = 'Name the whole value, or make a list item per value.';
    warnings.push(at(path, 'tag values are compared as they are: * and ? stand for themselves', remedy));
  }

  const elsewhere = new Map<string, string>();
  for (const plan of Object.values(config.plans)) {
    const base = ['plans', plan.name];
    if (plan.application !== undefined && applications?.includes(plan.application) === false) {
      const guess = nearest(plan.application, applications);
      const list = `There are ${applications.join(', ')}; leave the key out for a plain fleet.`;
      const remedy = guess === undefined ? list : `Did you mean ${guess}?`;
      const message = `found ${JSON.stringify(plan.application)}, expected the name of a profile`;
      problems.push(at([...base, 'application'], message, remedy));
    }
    problems.push(
      ...repeatedSources(plan).map(({ path, label }) =>
        at(path, `${label} is there twice`, 'Remove one of the two.'),
      ),
    );
    if (problems.length === 0)
      warnings.push(
        ...sharedSources(plan, elsewhere).map(({ path, label }) =>
          at(path, label, 'Each plan makes its own copies of it.'),
        ),
      );
    if (plan.consistency === 'required' && plan.application === undefined) {
      const message =
        'required changes nothing without an application: only its hooks can make copies consistent';
      const remedy = 'Name the application, or leave the key out.';
      warnings.push(at([...base, 'consistency'], message, remedy));
    }
    const often = tooOften(plan);
    if (often !== undefined) {
      warnings.push(
        at([...base, 'schedule', 'expression'], often, 'A run that is still busy then is not started again.'),
      );
    }
  }
  return { problems, warnings };
}

/** Places where the starting configuration of `snapkeep init` was not filled in. */
function findPlaceholders(value: unknown, path: readonly PathPart[]): readonly (readonly PathPart[])[] {
  if (typeof value === 'string') return value.includes('change-me') ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => findPlaceholders(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => findPlaceholders(item, [...path, key]));
}

/** Tags that look like patterns. The services differ in what they would make of them, so nothing is made of them. */
const findWildcards = (config: Config): readonly (readonly PathPart[])[] =>
  Object.values(config.plans).flatMap((plan) =>
    plan.sources.flatMap((source, index) =>
      ('tags' in source.select ? Object.entries(source.select.tags) : [])
        .filter(([, value]) => /[*?]/.test(value))
        .map(([key]) => ['plans', plan.name, 'sources', index, source.kind, 'tags', key]),
    ),
  );

/** Every selection of a plan taken apart: one entry per identifier, one per set of tags. */
function* selected(plan: Plan): Iterable<Place & { readonly key: string; readonly byName: boolean }> {
  for (const [index, source] of plan.sources.entries()) {
    const base = ['plans', plan.name, 'sources', index, source.kind];
    const names = identifiersOf(source);
    if (names === undefined) {
      const tags = 'tags' in source.select ? Object.entries(source.select.tags).sort() : [];
      const label = `the selection of ${source.kind} by these tags`;
      yield { path: [...base, 'tags'], label, key: `${source.kind}:${JSON.stringify(tags)}`, byName: false };
      continue;
    }
    for (const [position, name] of names.list.entries()) {
      const label = `${source.kind}/${name}`;
      yield { path: [...base, names.key, position], label, key: label, byName: true };
    }
  }
}

function identifiersOf(source: SourceSelection): { key: string; list: readonly string[] } | undefined {
  if ('ids' in source.select) return { key: 'ids', list: source.select.ids };
  return 'identifiers' in source.select ? { key: 'identifiers', list: source.select.identifiers } : undefined;
}

function repeatedSources(plan: Plan): readonly Place[] {
  const seen = new Set<string>();
  return [...selected(plan)].filter(({ key }) => seen.size === seen.add(key).size);
}

function sharedSources(plan: Plan, elsewhere: Map<string, string>): readonly Place[] {
  const shared: Place[] = [];
  for (const { path, label, key, byName } of selected(plan)) {
    const other = elsewhere.get(key);
    if (byName && other !== undefined) shared.push({ path, label: `${label} is also in the plan ${other}` });
    if (other === undefined) elsewhere.set(key, plan.name);
  }
  return shared;
}

function tooOften(plan: Plan): string | undefined {
  const parsed = parseScheduleExpression(plan.schedule.expression);
  const perHour = parsed.form === 'cron' ? parsed.fields.minutes.size : 0;
  const minutes =
    parsed.form === 'rate' ? parsed.milliseconds / 60_000 : perHour > 0 ? Math.floor(60 / perHour) : 60;
  return minutes < shortestUsefulMinutes
    ? `the plan runs every ${minutes === 1 ? 'minute' : `${minutes} minutes`}, sooner than copies usually finish`
    : undefined;
}
