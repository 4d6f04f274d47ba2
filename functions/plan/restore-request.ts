import * as z from 'zod';
import { usageError } from '../shared/errors.ts';
import { expecting, toExpectation } from '../shared/expectation.ts';
import { namePattern, planNameLimit } from '../shared/names.ts';
import { sourceKinds } from '../shared/source.ts';
import { nearest } from './nearest.ts';
import { describeValue, formatPath } from './problems.ts';
import * as texts from './texts.ts';

const form = (pattern: RegExp, expected: string, remedy?: string) => {
  const error = expecting(expected, remedy);
  return z.string({ error }).regex(pattern, { error });
};
const flag = () => z.boolean({ error: expecting('true or false') });
const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: expecting(values.join(' or ')) });
const atLeastOne = <T extends z.ZodType>(item: T, expected: string) => {
  const error = expecting(expected);
  return z.array(item, { error }).min(1, { error }).max(50, { error });
};

const planName = new RegExp(`^(?=.{1,${planNameLimit}}$)${namePattern.source.slice(1)}`);

/** Stands in client tokens, tags, ledger keys and folder names on the machine: letters, digits and hyphens only. */
export const restoreIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

const dns = z
  .strictObject(
    {
      hostedZoneId: texts.hostedZone,
      name: texts.hostname.describe('Name of the record; without a final dot.'),
      ttl: z
        .int({ error: expecting('whole seconds from 1 to 86400') })
        .min(1)
        .max(86_400)
        .default(60)
        .describe('Seconds for which resolvers keep the answer.'),
    },
    { error: expecting('a mapping such as { hostedZoneId: Z0123456789ABCDEFGHIJ, name: ci.example.com }') },
  )
  .describe('A record to point at the restored machine once it works.');

/**
 * What a restore is asked for: the event of the deployed function, the content of `--request FILE`, and by one flag
 * per key the command line. Unknown keys are refused.
 */
export const restoreRequestSchema = z.strictObject(
  {
    id: form(restoreIdPattern, 'at most 40 lower-case letters, digits and hyphens').optional(),
    plan: form(planName, 'the name of a plan such as ci'),
    backup: form(
      /^(latest|\d{1,12}_\d{4}_\d{2}_\d{2}_[a-z][a-z0-9-]*)$/,
      'a backup ID such as 1795140000_2026_11_20_ci, or latest',
    ).default('latest'),
    only: atLeastOne(
      form(
        new RegExp(`^(${sourceKinds.join('|')})/[A-Za-z0-9-]{1,255}$`),
        'a source such as ec2/i-0123456789abcdef0',
      ),
      'at least one source, and at most 50',
    ).optional(),
    subnet: texts.subnetId.optional(),
    securityGroups: atLeastOne(texts.securityGroupId, 'at least one security group ID').optional(),
    instanceType: form(
      /^[a-z][a-z0-9-]{1,15}\.[a-z0-9-]{2,16}$/,
      'an instance type such as m7i.large',
    ).optional(),
    instanceProfile: texts.instanceProfile.optional(),
    // CreateKeyPair takes up to 255 ASCII characters; these are the ones that need no quoting anywhere.
    keyName: form(/^[A-Za-z0-9][A-Za-z0-9 ._@:+=,-]{0,254}$/, 'the name of a key pair').optional(),
    privateIp: choice(['auto', 'keep', 'new']).default('auto'),
    elasticIp: choice(['move', 'none']).default('none'),
    hostname: texts.hostname.optional(),
    dns: dns.optional(),
    userData: choice(['skip', 'again']).default('skip'),
    sshHostKeys: choice(['keep', 'regenerate']).default('keep'),
    startApplication: flag().default(true),
    dryRun: flag().default(false),
    confirm: form(/^[0-9a-f]{6,64}$/, 'the digest that was printed').optional(),
  },
  { error: expecting('a mapping such as { plan: ci, backup: latest }') },
);

/** A request with every default filled in. */
export type RestoreRequest = z.output<typeof restoreRequestSchema>;

/** Checks a request. Throws one `usage` error that names every key that is wrong and what it should be. */
export function parseRestoreRequest(value: unknown): RestoreRequest {
  const parsed = restoreRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, value));
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) {
    throw usageError(`the request is not understood: ${first.sentence}`, first.remedy);
  }
  const list = problems.map(
    ({ sentence, remedy }) => `  ${sentence}${remedy === undefined ? '' : `: ${remedy}`}`,
  );
  throw usageError(['the request is not understood:', ...list].join('\n'));
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown) {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(issue.path.length === 0 ? restoreRequestSchema.shape : dns.shape);
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      const remedy = guess === undefined ? `known keys: ${known.join(', ')}` : `did you mean ${guess}?`;
      return { sentence: `unknown key ${JSON.stringify(formatPath([...path, key]))}`, remedy };
    });
  }
  const found = path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
  const { expected, remedy } = toExpectation(issue.message);
  const place = path.length === 0 ? 'the request' : formatPath(path);
  return [{ sentence: `${place}: found ${describeValue(found)}, expected ${expected}`, remedy }];
}
