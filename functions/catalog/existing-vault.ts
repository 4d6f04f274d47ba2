import { GetBucketPolicyCommand, GetObjectLockConfigurationCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Vault as VaultConfig } from '../plan/config.ts';
import { errorCode, usageError } from '../shared/errors.ts';
import { vaultProblem } from './vault-errors.ts';

/**
 * Looks at a bucket that deployment did not make (`vault.existing`): whether it has what the stack would have given it.
 * Throws a usage error when nothing locks the ledger; answers a sentence for everything else that is missing or
 * different. What these credentials may not look at is passed over.
 */
export async function weaknessesOf(s3: S3Client, vault: VaultConfig): Promise<readonly string[]> {
  const [lock, policy] = await Promise.all([lockWeaknesses(s3, vault), policyWeaknesses(s3, vault.bucket)]);
  return [...lock, ...policy];
}

async function lockWeaknesses(s3: S3Client, { bucket, lockDays, lockMode }: VaultConfig): Promise<string[]> {
  const found = await unlessHidden(
    bucket,
    ['ObjectLockConfigurationNotFoundError'],
    s3.send(new GetObjectLockConfigurationCommand({ Bucket: bucket })),
  );
  if (found === 'hidden') return [];
  const rule = found?.ObjectLockConfiguration?.Rule?.DefaultRetention;
  if (rule === undefined) {
    throw usageError(
      `the vault bucket ${bucket} has no Object Lock with a default retention, so its ledger could be deleted`,
      `turn on Object Lock with a default retention of ${lockDays} days for it, or use another bucket`,
    );
  }
  const days = rule.Days ?? (rule.Years ?? 0) * 365;
  const mode = rule.Mode?.toLowerCase();
  if (days >= lockDays && (mode === lockMode || mode === 'compliance')) return [];
  return [
    `the vault bucket ${bucket} locks entries for ${days} days (${mode}), the configuration says ${lockDays} days (${lockMode}): change one of them`,
  ];
}

async function policyWeaknesses(s3: S3Client, bucket: string): Promise<string[]> {
  const found = await unlessHidden(
    bucket,
    ['NoSuchBucketPolicy'],
    s3.send(new GetBucketPolicyCommand({ Bucket: bucket })),
  );
  if (found === 'hidden') return [];
  const denials = denialsOf(found?.Policy);
  const remedy = 'add the statement from docs/deployment.md';
  return [
    ...(denials.some(refusesOverwriting)
      ? []
      : [`no policy of the vault bucket ${bucket} refuses writes without If-None-Match: ${remedy}`]),
    ...(denials.some(refusesPlainHttp)
      ? []
      : [`no policy of the vault bucket ${bucket} refuses requests without TLS: ${remedy}`]),
  ];
}

/** Undefined when S3 says, by one of the codes, that there is none. */
async function unlessHidden<T>(
  bucket: string,
  none: readonly string[],
  asked: Promise<T>,
): Promise<T | 'hidden' | undefined> {
  try {
    return await asked;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (none.includes(code)) return undefined;
    if (code === 'AccessDenied') return 'hidden';
    throw vaultProblem(error, bucket, 'read');
  }
}

interface Denial {
  readonly actions: readonly string[];
  readonly conditions: Readonly<Record<string, unknown>>;
}

/** Statements that deny to everybody; a policy that S3 took is valid, so what has another shape is of no interest. */
function denialsOf(policy: string | undefined): Denial[] {
  const document: unknown = policy === undefined ? {} : JSON.parse(policy);
  return listOf(members(document).Statement).flatMap((statement) => {
    const { Effect, Principal, Action, Condition } = members(statement);
    const everybody = Principal === '*' || listOf(members(Principal).AWS).includes('*');
    return Effect === 'Deny' && everybody
      ? [{ actions: listOf(Action).map(String), conditions: members(Condition) }]
      : [];
  });
}

const refusesOverwriting = ({ actions, conditions }: Denial): boolean =>
  covers(actions, 's3:PutObject') && isSaid(members(conditions.Null)['s3:if-none-match'], 'true');

const refusesPlainHttp = ({ actions, conditions }: Denial): boolean =>
  covers(actions, 's3:PutObject') && isSaid(members(conditions.Bool)['aws:SecureTransport'], 'false');

const covers = (actions: readonly string[], action: string): boolean =>
  actions.some((each) => each === '*' || each === 's3:*' || each === action);

const isSaid = (value: unknown, wanted: string): boolean =>
  listOf(value).some((each) => String(each) === wanted);

const listOf = (value: unknown): readonly unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
