import type { RestorePlan } from '../../functions/workflows/restore/ports.ts';
import { list } from './restore-report.ts';
import { formatDuration, formatTable, lines, plain } from './text.ts';

/** A dry run for a person: everything that would be done, in its order. */
export function describePlanned(planned: RestorePlan): string {
  const table = (headers: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? '' : formatTable(headers, rows);
  const parts = [
    lines([
      `Backup      ${planned.backup_id}`,
      `Plan        ${planned.plan}${planned.application === null ? '' : ` (${planned.application})`}`,
      'Dry run     nothing was changed and nothing was written',
    ]),
    list('In the way, to be fixed first', planned.problems),
    planned.confirm === null
      ? ''
      : lines([`Confirm     ${planned.confirm.reason}: --confirm ${planned.confirm.digest}`]),
    table(
      ['source', 'from'],
      planned.sources.map(({ source, recovery_point }) => [source, recovery_point]),
    ),
    table(
      ['step', 'what it does', 'at most', 'when it fails'],
      planned.steps.map(({ name, title, limitSeconds, onFailure }, index) => [
        `${index + 1}. ${name}`,
        title,
        formatDuration(limitSeconds * 1000),
        onFailure === 'stop' ? 'stops' : 'goes on',
      ]),
    ),
    table(
      ['name or address', 'old', 'new'],
      planned.replacements.map(({ what, old, new: next }) => [what, old, next]),
    ),
    list('Files that are searched for them', planned.files),
    planned.calls.length === 0
      ? ''
      : lines([
          'Calls that change something:',
          ...planned.calls.flatMap(({ step, service, action, parameters }) => [
            `  ${step}: ${service}:${action}`,
            ...Object.entries(parameters).map(
              ([name, value]) => `    ${name} ${plain(JSON.stringify(value))}`,
            ),
          ]),
        ]),
    list('Warnings', planned.warnings),
    list('What would remain to be done', planned.remains),
  ];
  return parts.filter((part) => part !== '').join('\n');
}
