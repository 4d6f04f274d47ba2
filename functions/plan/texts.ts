import * as z from 'zod';
import { expecting } from '../shared/expectation.ts';
import { namePattern } from '../shared/names.ts';
import { ExpressionError } from './cron.ts';
import { nearest } from './nearest.ts';
import { parseScheduleExpression } from './schedule.ts';
import { isTimezone, knownTimezones } from './zone.ts';

/**
 * The texts of `snapkeep.yaml` that have a form of their own. Each is a schema whose messages are expectations
 * (see `expecting`) and whose pattern also reaches the JSON Schema for editors.
 */
const text = (pattern: RegExp, expected: string, remedy?: string) => {
  const error = expecting(expected, remedy);
  return z.string({ error }).regex(pattern, { error });
};

/** Deployment and plan names: copies, functions and schedules are named after them. */
export const name = (limit: number) => {
  const expected = `lower-case words joined by single hyphens, at most ${limit} characters`;
  const error = expecting(expected, 'Start with a letter, for example prod-eu.');
  return z.string({ error }).regex(namePattern, { error }).max(limit, { error });
};

export const application = text(namePattern, 'the name of a profile such as gitlab').max(64);

const regionExpectation = expecting(
  'the code of an AWS Region such as eu-west-1',
  'Give the Region itself: no Availability Zone (eu-west-1a), no place name.',
);
// Two to four letters (eu, eusc), one or more words, a number: the form of every Region of every partition.
export const regionPattern = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;
export const region = z
  .string({ error: regionExpectation })
  .regex(regionPattern, { error: regionExpectation });

/** S3 "General purpose bucket naming rules". */
export const bucket = text(
  /^(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)(?!\d{1,3}(?:\.\d{1,3}){3}$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'an S3 bucket name',
  'Use 3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit at both ends, and no reserved beginning or ending; no s3:// and no ARN.',
);

export const kmsKey = text(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'the ARN of a KMS key',
  'Give the key itself (arn:aws:kms:REGION:ACCOUNT:key/ID): permissions cannot be granted on an alias.',
);

export const email = text(
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/,
  'an e-mail address',
);

/** Old instance IDs have 8 hexadecimal digits, new ones 17. */
export const instanceId = text(
  /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
  'an instance ID such as i-0123456789abcdef0',
);
export const subnetId = text(
  /^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
  'a subnet ID such as subnet-0123456789abcdef0',
);
export const securityGroupId = text(
  /^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
  'a security group ID such as sg-0123456789abcdef0',
  'Give the ID, not the name of the group.',
);
export const instanceProfile = text(
  /^[A-Za-z0-9+=,.@_-]{1,128}$/,
  'the name of an instance profile',
  'Give the name, not the ARN.',
);
export const hostname = text(
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
  'a host name such as ci.example.com',
  'Give the name alone, without https:// and without a port.',
);

export const hostedZone = text(
  /^Z[A-Z0-9]{4,31}$/,
  'the ID of a hosted zone such as Z0123456789ABCDEFGHIJ',
  'Give the ID alone, without /hostedzone/ before it.',
);

/** CreateDBInstance and CreateDBCluster in the Amazon RDS API Reference give the same rules. */
export const databaseIdentifier = text(
  /^(?=.{1,63}$)[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*$/,
  'a database identifier of 1 to 63 letters, digits and single hyphens that starts with a letter',
  'Give the identifier, not the ARN and not the endpoint.',
);

/** `12h`, `90m`, `1d12h`: days, hours and minutes, largest first; here `m` is minutes. */
const timeoutPattern = /^(?=\d)(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?$/;
const timeoutBounds = { minimumSeconds: 600, maximumSeconds: 7 * 86_400 };
const timeoutExpectation = expecting(
  'a duration from 10m to 7d such as 12h, 90m or 1d12h',
  'Write whole days (d), hours (h) and minutes (m), largest first.',
);

/** Seconds of a timeout, or undefined when the text is not one or is out of bounds. */
export function parseTimeout(written: string): number | undefined {
  const match = timeoutPattern.exec(written);
  if (match === null) return undefined;
  const seconds = Number(match[1] ?? 0) * 86_400 + Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60;
  return seconds >= timeoutBounds.minimumSeconds && seconds <= timeoutBounds.maximumSeconds
    ? seconds
    : undefined;
}

export const timeout = z
  .string({ error: timeoutExpectation })
  .refine((written) => parseTimeout(written) !== undefined, { error: timeoutExpectation })
  .meta({ pattern: timeoutPattern.source });

export const timezone = z
  .string({ error: expecting('the name of a time zone such as Europe/Berlin') })
  .superRefine((written, context) => {
    if (isTimezone(written)) return;
    const guess = nearest(written, knownTimezones());
    const remedy =
      guess === undefined
        ? 'Use a name of the tz database; offsets such as +02:00 are not names.'
        : `Did you mean ${guess}?`;
    context.addIssue({
      code: 'custom',
      message: expecting('the name of a time zone such as Europe/Berlin', remedy),
    });
  });

const scheduleForms = 'cron(...), rate(...) or at(...)';

export const scheduleExpression = z
  .string({ error: expecting(scheduleForms) })
  .superRefine((written, context) => {
    try {
      parseScheduleExpression(written);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const message = expecting(`${scheduleForms}, but ${error.message}`, error.remedy);
      context.addIssue({ code: 'custom', message });
    }
  })
  .meta({ pattern: '^(cron|rate|at)\\(.+\\)$' });
