import type { Assumptions } from '../../functions/cost/estimate.ts';
import type { Regions, SourceSelection } from '../../functions/plan/config.ts';
import { findPlan, findRegion } from '../../functions/plan/load.ts';
import { usageError } from '../../functions/shared/errors.ts';
import type { SourceCounts } from './count-sources.ts';

/** The options of the verb `cost`, as Commander gives them. */
export interface CostOptions {
  readonly sources?: readonly string[];
  readonly count?: true;
  readonly gib: string;
  readonly change: string;
  readonly snapshotPrice?: string;
}

const plainNumber = /^(\d+(?:\.\d+)?)$/;
const percentage = /^(\d+(?:\.\d+)?)%?$/;

const byTags = ({ select }: SourceSelection): boolean => 'tags' in select;

/** What the flags say about the estate, over what was counted. Throws a `usage` error for a value that cannot be. */
export function readAssumptions(options: CostOptions, regions: Regions, counted: SourceCounts): Assumptions {
  const gib = readNumber('--gib', options.gib, {
    as: 'a number of GiB above 0 such as 100',
    good: (value) => value > 0,
  });
  const change = readNumber('--change', options.change, {
    as: 'a share from 0% to 100%',
    pattern: percentage,
    good: (value) => value <= 100,
  });
  const price =
    options.snapshotPrice === undefined
      ? undefined
      : readNumber('--snapshot-price', options.snapshotPrice, { as: 'a price such as 0.05' });
  const counts = new Map([
    ...counted,
    ...(options.sources ?? []).flatMap((text) => readCount(text, regions)),
  ]);
  return {
    gib,
    dailyChange: change / 100,
    ...(price === undefined ? {} : { snapshotPrice: price }),
    sources: (_, selection) => {
      const { select } = selection;
      const count = counts.get(selection);
      if (count !== undefined) return count;
      if ('ids' in select) return select.ids.length;
      return 'identifiers' in select ? select.identifiers.length : 1;
    },
  };
}

/** The number goes to the first selection of that kind by tags, since it is that of all of them together. */
function readCount(text: string, regions: Regions): (readonly [SourceSelection, number])[] {
  const [, name = '', kind, count = ''] = /^([^=/]+)(?:\/([^=]+))?=(.+)$/.exec(text.trim()) ?? [];
  if (name === '') {
    throw usageError(
      `--sources is ${JSON.stringify(text)}, expected a plan and a number.`,
      'Write it like ci=3, or ci/ec2=3 for one kind of sources.',
    );
  }
  const number = readNumber('--sources', count, { as: 'a whole number of sources', good: Number.isInteger });
  const plan = findPlan(findRegion(regions, name), name);
  const open = plan.sources.filter(byTags).filter((each) => kind === undefined || each.kind === kind);
  const kinds = [...new Set(plan.sources.filter(byTags).map((each) => each.kind))];
  if (open.length === 0) {
    throw usageError(
      `plan ${name} selects no ${kind ?? 'sources'} by tags.`,
      kinds.length === 0 ? 'Its sources are counted already.' : `Write ${name}/${kinds[0]}=${count}.`,
    );
  }
  if (kind === undefined && kinds.length > 1) {
    throw usageError(
      `plan ${name} selects several kinds of sources by tags.`,
      `Say which: ${kinds.map((each) => `${name}/${each}=N`).join(', ')}.`,
    );
  }
  return open.map((selection, index) => [selection, index === 0 ? number : 0] as const);
}

interface Expected {
  /** What goes on in "expected ...". */
  readonly as: string;
  readonly pattern?: RegExp;
  readonly good?: (value: number) => boolean;
}

function readNumber(flag: string, text: string, { as, pattern = plainNumber, good }: Expected): number {
  const [, digits] = pattern.exec(text.trim()) ?? [];
  const value = Number(digits);
  if (digits !== undefined && (good === undefined || good(value))) return value;
  throw usageError(`${flag} is ${JSON.stringify(text)}, expected ${as}.`);
}
