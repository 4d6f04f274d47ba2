import type { Assessment, Finding, RotationDecision } from '../../functions/workflows/rotate/assessment.ts';
import type { RotateResult } from '../../functions/workflows/rotate/ports.ts';
import { formatDuration, formatTable, lines, plain, plural } from './text.ts';

/** Of an assessment, what a person is told. */
export type JudgedRotation = Pick<Assessment, 'now' | 'digest' | 'refusals' | 'findings'> & {
  readonly decisions: readonly Omit<RotationDecision, 'name' | 'live' | 'unit'>[];
};

/** What is to be told of one plan. Without `result` it was only looked at. */
export interface PlanReport {
  readonly plan: string;
  /** Only of a deployment of several Regions. */
  readonly region?: string;
  /** The deployed worker rotated. */
  readonly deployed?: boolean;
  /** Undefined when a guard refused before anything could be decided. */
  readonly assessment: JudgedRotation | undefined;
  readonly result: RotateResult | undefined;
  readonly refusals: readonly string[];
}

/** Of a rotation that was only looked at: what a guard refuses, unless just these decisions were confirmed. */
export function dryRunReport(
  plan: string,
  assessment: JudgedRotation,
  confirm: string | undefined,
): PlanReport {
  const report = { plan, assessment, result: undefined };
  const { digest, refusals } = assessment;
  if (confirm === undefined) return { ...report, refusals };
  if (confirm === digest) return { ...report, refusals: [] };
  return { ...report, refusals: [`the decisions have the digest ${digest}, not ${confirm}`] };
}

export function rotationJson({ plan, region, assessment, result, refusals }: PlanReport) {
  return {
    plan,
    ...(region === undefined ? {} : { region }),
    state: refusals.length > 0 ? 'refused' : (result?.state ?? 'planned'),
    digest: assessment?.digest ?? null,
    run: result?.run ?? null,
    removed: result?.removed ?? 0,
    kept: result?.kept ?? 0,
    postponed: result?.postponed ?? 0,
    notes: result?.notes ?? [],
    refusals,
    decisions: assessment?.decisions.map((decision) => decisionJson(decision, assessment.now)) ?? [],
    findings: assessment?.findings.map(findingJson) ?? [],
  };
}

const decisionJson = (decision: JudgedRotation['decisions'][number], now: number) => ({
  recovery_point: decision.id,
  subject: decision.subject,
  kind: decision.kind,
  source: decision.sourceKey,
  backup_id: decision.backupId,
  created_at: decision.createdAt ?? null,
  age_seconds: Math.floor((now - decision.slot) / 1000),
  decision: decision.remove ? 'remove' : 'keep',
  reasons: decision.reasons,
  snapshots: decision.snapshots,
});

const findingJson = ({ kind, id, backupId, sourceKey, text, command }: Finding) => ({
  kind,
  id,
  backup_id: backupId ?? null,
  source: sourceKey ?? null,
  message: text,
  command: command ?? null,
});

export function rotationText(report: PlanReport): string {
  const { plan, region, assessment, result } = report;
  if (!assessment) return '';
  const { decisions, findings, digest, now } = assessment;
  const going = decisions.filter(({ remove }) => remove).length;
  const tableText =
    decisions.length === 0
      ? ''
      : formatTable(
          ['recovery point', 'source', 'age', 'decision', 'reasons'],
          decisions.map(({ id, sourceKey, slot, remove, reasons }) => [
            id,
            sourceKey,
            formatDuration(now - slot),
            remove ? 'remove' : 'keep',
            reasons.join(', '),
          ]),
        );
  return (
    lines([
      `Plan ${plan}${region === undefined ? '' : ` in ${region}`}: ${going} of ${plural(decisions.length, 'recovery point')} to remove, digest ${digest}`,
    ]) +
    tableText +
    lines(findings.flatMap(findingLines)) +
    lines(outcomeLines(report, going)) +
    lines(result?.notes.map((note) => `  ${plain(note)}`) ?? [])
  );
}

function findingLines({ kind, id, backupId, sourceKey, text, command }: Finding): string[] {
  const about = sourceKey === undefined ? '' : ` (${sourceKey} of ${backupId})`;
  return [
    `${kind}: ${plain(`${id}${about}: ${text}`)}`,
    ...(command === undefined
      ? []
      : [
          '  make an AMI of it again, after a look at which snapshot is of which device:',
          `  ${plain(command)}`,
        ]),
  ];
}

function outcomeLines({ plan, deployed, result, refusals, assessment }: PlanReport, going: number): string[] {
  if (!result) {
    return [
      ...refusals.map((refusal) => `would be refused: ${refusal}`),
      ...(refusals.length > 0
        ? [
            `  if that is right: snapkeep rotate ${plan} --confirm ${assessment?.digest}${deployed ? ' --deployed' : ''}`,
          ]
        : []),
      going > 0 ? 'Nothing was deleted: this was a dry run.' : 'There is nothing to remove.',
    ];
  }
  if (refusals.length > 0) return ['Nothing was deleted.'];
  if (result.state === 'idle') return ['There is nothing to remove.'];
  const { removed, kept, postponed, run } = result;
  return [`Removed ${removed}, kept ${kept}, postponed ${postponed}; written down as rotation ${run}.`];
}
