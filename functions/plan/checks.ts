import type { Plan, SourceSelection } from './config.ts';
import { inFileOrder } from './issues.ts';
import { nearest } from './nearest.ts';
import { checkRequests } from './plan-checks.ts';
import {
  type At,
  type ConfigWarning,
  type Findings,
  formatPath,
  type PathPart,
  type Problem,
} from './problems.ts';
import { checkRegions } from './region-checks.ts';
import { parseScheduleExpression } from './schedule.ts';
import type { FileParts } from './split.ts';
import type { YamlDocument } from './yaml-document.ts';

interface Place {
  readonly path: readonly PathPart[];
  readonly label: string;
}

const shortestUsefulMinutes = 15;

/** What no single value shows: values that do not fit together, and ones that are allowed but odd. */
export function checkAcrossSections(
  parts: FileParts,
  document: YamlDocument,
  file: string,
  applications: readonly string[] | undefined,
): Findings {
  const at: At = (path, message, remedy) => ({
    file,
    ...document.locate(path, 'value'),
    path: formatPath(path),
    message,
    remedy,
  });

  const regions = checkRegions(parts, at);
  const problems: Problem[] = [...regions.problems];
  const warnings: ConfigWarning[] = [...regions.warnings];
  for (const [index, email] of parts.notify.emails.entries()) {
    if (parts.notify.emails.indexOf(email) < index) {
      problems.push(at(['notify', 'emails', index], `${email} is there twice`, 'Remove one of the two.'));
    }
  }

  const placeholders = findPlaceholders(document.value, []);
  const [placeholder] = placeholders;
  if (placeholder !== undefined) {
    const message = `${placeholders.map(formatPath).join(', ')} still ${placeholders.length === 1 ? 'says' : 'say'} change-me`;
    warnings.push({ ...at(placeholder, message, 'Replace what `snapkeep init` could not know.'), path: '' });
  }

  for (const path of findWildcards(parts)) {
    const remedy = 'Name the whole value, or make a list item per value.';
    warnings.push(at(path, 'tag values are compared as they are: * and ? stand for themselves', remedy));
  }

  const elsewhere = new Map<string, string>();
  for (const { region, plan } of parts.plans) {
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
        ...sharedSources(plan, region, elsewhere).map(({ path, label }) =>
          at(path, label, 'Each plan makes its own copies of it.'),
        ),
      );
    if (plan.consistency === 'required' && plan.application === undefined) {
      const message =
        'required changes nothing without an application: only its hooks can make copies consistent';
      const remedy = 'Name the application, or leave the key out.';
      warnings.push(at([...base, 'consistency'], message, remedy));
    }
    const requests = checkRequests(plan, at);
    problems.push(...requests.problems);
    warnings.push(...requests.warnings);
    const often = tooOften(plan);
    if (often !== undefined) {
      warnings.push(
        at([...base, 'schedule', 'expression'], often, 'A run that is still busy then is not started again.'),
      );
    }
  }
  return { problems: inFileOrder(problems), warnings };
}

/** Places where the starting configuration of `snapkeep init` was not filled in. */
function findPlaceholders(value: unknown, path: readonly PathPart[]): readonly (readonly PathPart[])[] {
  if (typeof value === 'string') return value.includes('change-me') ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => findPlaceholders(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => findPlaceholders(item, [...path, key]));
}

/** Tags that look like patterns. The services differ in what they would make of them, so nothing is made of them. */
const findWildcards = ({ plans }: FileParts): readonly (readonly PathPart[])[] =>
  plans.flatMap(({ plan }) =>
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

/** A name means something else in another Region. `elsewhere` knows plans by Region and source. */
function sharedSources(plan: Plan, region: string, elsewhere: Map<string, string>): readonly Place[] {
  const shared: Place[] = [];
  for (const { path, label, key, byName } of selected(plan)) {
    const source = `${region} ${key}`;
    const other = elsewhere.get(source);
    if (byName && other !== undefined) shared.push({ path, label: `${label} is also in the plan ${other}` });
    if (other === undefined) elsewhere.set(source, plan.name);
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
