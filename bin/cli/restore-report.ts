import type {
  ReportedMachine,
  RestoreFailure,
  RestoreReport,
} from '../../functions/catalog/restore-documents.ts';
import { sourceKey } from '../../functions/shared/source.ts';
import { formatDuration, formatTable, lines, plain, plural } from './text.ts';

/** A restore for a person: what became of what, which files changed, how long it took, what remains. */
export function describeReport(report: RestoreReport, bucket: string): string {
  const parts = [
    head(report),
    table(['machine', 'old', 'new'], report.machines.map(machineRow)),
    table(
      ['database', 'old', 'new'],
      report.databases.map(({ source, new_id }) => [sourceKey(source), source.id, new_id]),
    ),
    table(
      ['name or address', 'old', 'new'],
      report.addresses.map(({ what, old, new: next }) => [what, old, next]),
    ),
    files(report),
    table(
      ['step', 'result', 'took', ''],
      report.steps.map(({ number, name, result, seconds, note = '' }) => [
        `${number}. ${name}`,
        result,
        result === 'not reached' ? '' : formatDuration(seconds * 1000),
        note,
      ]),
    ),
    list('Warnings', report.warnings),
    report.failure ? list('Last lines of the failed step', report.failure.output) : '',
    list('What remains to be done', report.remains),
    lines([
      `Report      s3://${bucket}/ledger/${report.plan}/restores/${report.request_id}/report-${report.attempt}.json`,
      ...(report.failure ? [`Go on       ${report.failure.resume}`] : []),
    ]),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function head(report: RestoreReport): string {
  const recovery =
    report.recovery_seconds === null
      ? []
      : [
          `Recovery    ${formatDuration(report.recovery_seconds * 1000)} from the request to the last check that passed`,
        ];
  return lines([
    `Restore     ${report.request_id}, attempt ${report.attempt}`,
    `Backup      ${report.backup_id}`,
    `Plan        ${report.plan}${report.application ? ` (${report.application.profile})` : ''}`,
    `Status      ${report.status}${report.failure ? ` at step ${report.failure.step}` : ''}`,
    ...recovery,
    ...report.checks.map(({ name, result }) => `Check       ${name} ${result}`),
  ]);
}

function machineRow({ source, old, new: next }: ReportedMachine): string[] {
  const describe = ({ id, private_ip, public_ip }: Partial<ReportedMachine['old']>) =>
    [id, private_ip, public_ip].filter((part) => part !== undefined).join(' ');
  return [
    sourceKey(source),
    `${describe(old)} (${old.state})`,
    next === null ? 'not launched' : describe(next),
  ];
}

function files(report: RestoreReport): string {
  const changed = report.files.flatMap((each) =>
    each.changed.map(({ path, replacements }) => [
      path,
      replacements === 0 ? 'written' : plural(replacements, 'replacement'),
    ]),
  );
  const left = report.files.flatMap((each) => each.left.map(({ path, reason }) => [path, `left: ${reason}`]));
  return table(['file', 'rewritten'], [...changed, ...left]);
}

const table = (headers: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : formatTable(headers, rows);

export const list = (title: string, items: readonly string[]): string =>
  items.length === 0 ? '' : lines([`${title}:`, ...items.map((item) => `  - ${plain(item)}`)]);

/** For stderr: what failed, and the command that goes on. */
export const failureOf = ({ step, reason, exit_code, resume }: RestoreFailure): string =>
  lines([
    `snapkeep: step ${step} failed${exit_code === undefined ? '' : ` with exit code ${exit_code}`}: ${plain(reason)}`,
    `  The machine was left as it is. When the cause is gone: ${resume}`,
  ]);
