import type { Command } from 'commander';
import { nearest } from '../../functions/plan/nearest.ts';
import { describeValue, formatPath } from '../../functions/plan/problems.ts';
import { isTimezone, knownTimezones } from '../../functions/plan/zone.ts';
import { decideRetention, type RetentionPoint } from '../../functions/retention/decide.ts';
import { parseInstant } from '../../functions/retention/instant.ts';
import {
  type RetentionPolicy,
  retentionPolicySchema,
  toRetentionPolicy,
} from '../../functions/retention/policy.ts';
import { exitCodes, usageError } from '../../functions/shared/errors.ts';
import { toExpectation } from '../../functions/shared/expectation.ts';
import type { Host } from '../cli/host.ts';

interface RetentionOptions {
  readonly policy: string;
  readonly timezone: string;
  readonly now?: string;
}

/** A time with the text that it was given as. */
interface GivenTime extends RetentionPoint {
  readonly text: string;
}

export function register(program: Command, host: Host): void {
  program
    .command('retention')
    .description('say which of the times on standard input (a JSON array) a policy would keep, and why')
    .requiredOption('--policy <json>', 'the policy, such as \'{"daily": 7, "within": "2d"}\'')
    .option('--timezone <zone>', 'cuts days, weeks, months and years in this IANA zone', 'UTC')
    .option('--now <time>', 'RFC 3339 time to decide at, instead of the present')
    .action(
      host.run(async ({ io, print }, options: RetentionOptions) => {
        const policy = readPolicy(options.policy);
        const timezone = checkTimezone(options.timezone);
        const now = options.now === undefined ? io.clock.now() : readNow(options.now);
        const points = readTimes(await io.readStdin());
        const decisions = decideRetention({ points, policy, timezone, now });
        const json = {
          keep: Array.from(decisions.kept(), ({ point, reasons }) => ({ time: point.text, reasons })),
          remove: Array.from(decisions.removed(), ({ point }) => point.text),
        };
        print({ json, text: `${JSON.stringify(json)}\n` });
        return exitCodes.done;
      }),
    );
}

function readPolicy(text: string): RetentionPolicy {
  const value = parseJson(text, '--policy');
  const result = retentionPolicySchema.safeParse(value);
  if (result.success) return toRetentionPolicy(result.data);
  const [issue] = result.error.issues;
  if (issue === undefined) throw new TypeError('the schema refused a policy without saying why');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = Object.keys(retentionPolicySchema.shape);
    const guess = nearest(key, known);
    throw usageError(
      `--policy has the unknown rule ${describeValue(key)}.`,
      guess === undefined ? `Rules: ${known.join(', ')}.` : `Did you mean ${guess}?`,
    );
  }
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const [rule] = path;
  const found =
    typeof rule === 'string' && typeof value === 'object' && value !== null
      ? Object.entries(value).find(([key]) => key === rule)?.[1]
      : value;
  const { expected, remedy } = toExpectation(issue.message);
  const where = path.length === 0 ? '--policy' : `--policy: ${formatPath(path)}`;
  throw usageError(`${where} is ${describeValue(found)}, expected ${expected}.`, remedy);
}

function checkTimezone(timezone: string): string {
  if (isTimezone(timezone)) return timezone;
  const guess = nearest(timezone, knownTimezones());
  throw usageError(
    `--timezone is ${describeValue(timezone)}, expected the name of an IANA time zone.`,
    guess === undefined ? 'Use a name such as Europe/Berlin, or UTC.' : `Did you mean ${guess}?`,
  );
}

function readNow(text: string): number {
  const now = parseInstant(text);
  if (now !== undefined) return now;
  throw usageError(
    `--now is ${describeValue(text)}, expected an RFC 3339 time.`,
    'Write it like 2026-11-20T02:00:00Z.',
  );
}

function readTimes(text: string): GivenTime[] {
  const value = text.trim() === '' ? undefined : parseJson(text, 'standard input');
  if (!Array.isArray(value)) {
    throw usageError(
      `standard input holds ${describeValue(value)}, expected a JSON array of RFC 3339 times.`,
      'Pipe it in, such as: echo \'["2026-11-20T02:00:00Z"]\' | snapkeep retention --policy \'{"daily": 7}\'',
    );
  }
  return value.map((item: unknown, index) => {
    const time = typeof item === 'string' ? parseInstant(item) : undefined;
    if (typeof item === 'string' && time !== undefined) return { id: '', time, text: item };
    throw usageError(
      `item ${index + 1} of standard input is ${describeValue(item)}, expected an RFC 3339 time.`,
      'Write times like 2026-11-20T02:00:00Z or 2026-11-20T03:00:00+01:00.',
    );
  });
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(`${what} is not JSON: ${describeValue(text)}.`, undefined, cause);
  }
}
