import type { Config, Regions } from '../../functions/plan/config.ts';
import { exitCodes, SnapkeepError } from '../../functions/shared/errors.ts';
import { type Failure, printFailure, toFailure } from './failure.ts';
import type { Invocation } from './host.ts';
import { inRegion, type Session } from './session.ts';

/** A Region in which a verb could not do its work, and why. */
export interface RegionFailure {
  readonly region: string;
  readonly failure: Failure;
}

/**
 * Runs `work` in one Region after the other. One that fails does not hide the others: what it failed with is answered,
 * for `tellFailures`. Throws when there is no other Region, when all have failed, and after an interrupt.
 */
export async function inEveryRegion(
  invocation: Invocation,
  regions: Regions,
  work: (session: Session) => Promise<void>,
): Promise<readonly RegionFailure[]> {
  const [only, ...others] = regions;
  if (others.length === 0) {
    await inRegion(invocation, only, work);
    return [];
  }
  const failures: RegionFailure[] = [];
  for (const config of regions) {
    try {
      await inRegion(invocation, config, work);
    } catch (error) {
      if (invocation.io.signal.aborted) throw error;
      failures.push(failureIn(config, error, invocation));
    }
  }
  if (failures.length === regions.length) throw allOf(failures);
  return failures;
}

/** Says what failed where, and answers the exit code: that of the rest, unless something failed. */
export function tellFailures(
  { io }: Invocation,
  failures: readonly RegionFailure[],
  otherwise: number,
): number {
  for (const each of failures) printFailure({ ...each.failure, message: sentenceOf(each) }, io, false);
  return failures.length > 0 ? exitCodes.failed : otherwise;
}

/** Something that lies in one of the vaults. */
export interface Sought {
  /** `restore r1`, for the sentence that it was not found. */
  readonly what: string;
  /** Its Region is asked first. */
  readonly plan?: string;
  has(session: Session): Promise<boolean>;
}

/**
 * The Region in whose vault something is: that of its plan as a rule, and of a plan that has moved or is configured no
 * more, another. Undefined when none has it; the only Region there is is not asked, since the verb will see for itself.
 * Throws when none has it and one could not be asked.
 */
export async function regionOf(
  invocation: Invocation,
  regions: Regions,
  { what, plan, has }: Sought,
): Promise<Config | undefined> {
  if (regions.length === 1) return regions[0];
  const own = regions.find(({ plans }) => plan !== undefined && Object.hasOwn(plans, plan));
  const inOrder = own ? [own, ...regions.filter((each) => each !== own)] : regions;
  const failures: RegionFailure[] = [];
  for (const config of inOrder) {
    try {
      if (await inRegion(invocation, config, has)) return config;
    } catch (error) {
      if (invocation.io.signal.aborted) throw error;
      failures.push(failureIn(config, error, invocation));
    }
  }
  if (failures.length === regions.length) throw allOf(failures);
  if (failures.length > 0) throw allOf(failures, `${what} is not in the Regions that answered; `);
  return undefined;
}

const failureIn = ({ region }: Config, error: unknown, { io }: Invocation): RegionFailure => ({
  region,
  failure: toFailure(error, io),
});

const sentenceOf = ({ region, failure }: RegionFailure): string => `${region}: ${failure.message}`;

/** One error of all. To be fixed beforehand, where that is so of each; said once, where it is the same everywhere. */
function allOf(failures: readonly RegionFailure[], before = ''): SnapkeepError {
  const usage = failures.every(({ failure }) => failure.kind === 'usage');
  const messages = new Set(failures.map(({ failure }) => failure.message));
  const same = messages.size === 1 && failures.length > 1;
  const remedy = failures.find(({ failure }) => failure.remedy !== undefined)?.failure.remedy;
  return new SnapkeepError(
    usage ? 'usage' : 'failed',
    same ? [...messages].join() : before + failures.map(sentenceOf).join('; '),
    remedy === undefined ? {} : { remedy },
  );
}
