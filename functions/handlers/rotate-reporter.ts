import { type Clock, toTimestamp } from '../shared/clock.ts';
import { describeError, SnapkeepError } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Finding } from '../workflows/rotate/assessment.ts';
import type { RotateInput, RotationReporter } from '../workflows/rotate/ports.ts';
import { failureFacts, rotationFacts } from './event-details.ts';
import type { Notices } from './notices.ts';
import type { TellOnceADay } from './once-a-day.ts';

/** Findings that a message lists; `snapkeep rotate --dry-run` has all of them. */
const listedFindings = 20;

export interface RotationNoticesOptions {
  readonly notices: Notices;
  readonly deployment: string;
  readonly bucket: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly tellOnceADay: TellOnceADay;
}

export interface CloudRotationReporter extends RotationReporter {
  /** @param seconds since the slot of the newest complete backup; undefined when there is none */
  age(plan: string, seconds: number | undefined): void;
  /** A rotation that ended without a result. */
  runFailed(input: RotateInput, error: unknown): Promise<void>;
}

/** Metrics and an event of every rotation, and a message to people when it was refused, failed, or found something damaged. */
export function createRotationReporter(options: RotationNoticesOptions): CloudRotationReporter {
  const { notices, deployment, bucket, logger, clock, tellOnceADay } = options;
  const about = (plan: string): string => `Snapkeep ${deployment}: rotation of ${plan}`;
  /** Names a rotation that wrote nothing down; a repetition of the step comes within the minute, if not always. */
  const presentMinute = (): string => toTimestamp(clock.now()).slice(0, 16);

  return {
    age(plan, seconds) {
      // Without a complete backup there is nothing to measure: alarms take missing data for a breach.
      if (seconds === undefined) logger.warn('the plan has no complete backup', { plan });
      else notices.measure(plan, {}, { LastCompleteBackupAge: seconds });
    },

    async decided({ plan, digest, decisions, findings }) {
      const going = decisions.filter(({ remove }) => remove).length;
      logger.info('rotation decided', { plan, digest, going, staying: decisions.length - going });
      for (const finding of findings) logger.warn('rotation found something', { plan, ...finding });
      const damaged = findings.filter(({ kind }) => kind === 'damaged');
      if (damaged.length === 0) return;
      // Another copy that is gone is news at once.
      const what = ['damaged', ...damaged.map(({ id }) => id).sort()];
      await tellOnceADay(plan, what, `${about(plan)} found damage`, [
        `${damaged.length} recovery points of plan ${plan} are gone, and no rotation of ours removed them:`,
        ...damaged.slice(0, listedFindings).flatMap(describeFinding),
        ...(damaged.length > listedFindings ? [`and ${damaged.length - listedFindings} more`] : []),
        '',
        `Look closer: snapkeep rotate ${plan} --dry-run`,
      ]);
    },

    progress(done, total) {
      logger.info('rotation under way', { done, total });
    },

    async finished(result) {
      const { plan, state, refusals, digest, run } = result;
      logger.info('rotation finished', { ...result });
      notices.measure(plan, {
        RotationRemoved: result.removed,
        RotationKept: result.kept,
        RotationPostponed: result.postponed,
        RotationRefused: state === 'refused' ? 1 : 0,
        RotationFindings: result.findings,
        RotationFailed: 0,
      });
      if (state === 'done')
        logger.info('rotation written down', {
          result: `s3://${bucket}/ledger/${plan}/rotations/${run}/result.json`,
        });
      await notices.announce(
        state === 'refused' ? 'Snapkeep Rotation Refused' : 'Snapkeep Rotation Completed',
        plan,
        `rotations/${run ?? presentMinute()}`,
        rotationFacts(result, bucket),
      );
      if (state !== 'refused') return;
      await tellOnceADay(plan, ['refused'], `${about(plan)} was refused`, [
        `Nothing of plan ${plan} was deleted:`,
        ...refusals.map((refusal) => `- ${refusal}`),
        '',
        `Look at the decisions: snapkeep rotate ${plan} --dry-run`,
        `If they are right: snapkeep rotate ${plan} --confirm ${digest}`,
        `or the function ${deployment}-rotate with ${JSON.stringify({ plan, confirm: digest })}`,
      ]);
    },

    async runFailed({ plan }, error) {
      logger.error('rotation ended without a result', { plan, error: describeError(error) });
      const refused = error instanceof SnapkeepError && error.kind === 'refused';
      notices.measure(plan, { RotationRefused: refused ? 1 : 0, RotationFailed: refused ? 0 : 1 });
      const remedy = error instanceof SnapkeepError ? error.remedy : undefined;
      await notices.announce(
        refused ? 'Snapkeep Rotation Refused' : 'Snapkeep Rotation Failed',
        plan,
        `rotations/${presentMinute()}`,
        failureFacts(describeError(error), remedy),
      );
      const lines = [
        `The rotation of plan ${plan} ended without a result:`,
        describeError(error),
        ...(remedy === undefined ? [] : [`What to do: ${remedy}`]),
        '',
        `Try again: snapkeep rotate ${plan}`,
      ];
      if (refused) await tellOnceADay(plan, ['refused'], `${about(plan)} was refused`, lines);
      else await notices.tell(`${about(plan)} failed`, lines);
    },
  };
}

const describeFinding = ({ id, sourceKey, backupId, text, command }: Finding): string[] => [
  `- ${id}${sourceKey === undefined ? '' : ` (${sourceKey} of ${backupId})`}: ${text}`,
  ...(command === undefined ? [] : [`  make an AMI of it again: ${command}`]),
];
