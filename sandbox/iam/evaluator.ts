/** Judging one action on one resource by policies, after "Policy evaluation logic" of the IAM User Guide. */
import { meetsAll } from './conditions.ts';
import { matchesPattern, resolveVariables } from './patterns.ts';
import type { PrincipalElement, Statement } from './policy.ts';
import type { RequestValues } from './request-values.ts';

export type Verdict = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

/** Who asks. */
export interface Principal {
  readonly account: string;
  /** As STS tells it: of a user, or of a session of a role. */
  readonly arn: string;
  /** Of the role behind a session. */
  readonly roleArn: string | undefined;
}

export interface Question {
  /** `ec2:CreateImage` */
  readonly action: string;
  /** An ARN, or `*` where the service knows no resource. */
  readonly resource: string;
  readonly values: RequestValues;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Statements that allow; or, when it is denied explicitly, those that deny. */
  readonly statements: readonly Statement[];
}

/** Whether statements of the caller's own policies allow it. A denial wins over every permission. */
export function judge(statements: readonly Statement[], question: Question): Judgement {
  return decide(statements.filter((statement) => applies(statement, question)));
}

export interface CombinedJudgement extends Judgement {
  /** Which kind of policy denied explicitly, or did not allow. */
  readonly by: 'identity' | 'resource';
}

/**
 * Both kinds of policies together. Within an account either may allow; from another account both must ("Cross-account
 * policy evaluation logic"). A resource policy that names the account as such only lets its identity policies decide.
 */
export function judgeBoth(
  identity: readonly Statement[] | 'everything',
  resource: { readonly statements: readonly Statement[]; readonly account: string },
  principal: Principal,
  question: Question,
): CombinedJudgement {
  const own: Judgement =
    identity === 'everything' ? { verdict: 'Allowed', statements: [] } : judge(identity, question);
  const matching = resource.statements.filter((statement) => applies(statement, question));
  const denying = matching.filter(
    (statement) => statement.effect === 'Deny' && concerns(statement, principal) !== 'nobody',
  );
  if (own.verdict === 'ExplicitlyDenied') return { ...own, by: 'identity' };
  if (denying.length > 0) return { verdict: 'ExplicitlyDenied', statements: denying, by: 'resource' };
  const allowing = matching.filter(({ effect }) => effect === 'Allow');
  if (principal.account !== resource.account) {
    const trusts = allowing.some((statement) => concerns(statement, principal) !== 'nobody');
    if (!trusts) return { verdict: 'ImplicitlyDenied', statements: [], by: 'resource' };
    return { ...own, by: 'identity' };
  }
  if (own.verdict === 'Allowed') return { ...own, by: 'identity' };
  const granting = allowing.filter((statement) => concerns(statement, principal) === 'caller');
  return granting.length > 0
    ? { verdict: 'Allowed', statements: granting, by: 'resource' }
    : { ...own, by: 'identity' };
}

function decide(matching: readonly Statement[]): Judgement {
  const denying = matching.filter(({ effect }) => effect === 'Deny');
  if (denying.length > 0) return { verdict: 'ExplicitlyDenied', statements: denying };
  return { verdict: matching.length > 0 ? 'Allowed' : 'ImplicitlyDenied', statements: matching };
}

function applies(statement: Statement, question: Question): boolean {
  return (
    namesAction(statement, question.action) &&
    namesResource(statement, question) &&
    meetsAll(statement.conditions, question.values, statement.variables)
  );
}

/** Names of services and actions are not case-sensitive. */
export function namesAction({ actions, notActions }: Statement, action: string): boolean {
  const listed = (actions ?? notActions ?? []).some((pattern) =>
    matchesPattern(toParts(pattern), action, true),
  );
  return actions === undefined ? !listed : listed;
}

function namesResource(
  { resources, notResources, variables }: Statement,
  { resource, values }: Question,
): boolean {
  const patterns = resources ?? notResources;
  // Trust policies are about the role that they belong to.
  if (patterns === undefined) return true;
  const resolved = patterns.map((pattern) => resolveVariables(completeArn(pattern), values, variables));
  const listed = resolved.some((parts) => parts !== undefined && matchesPattern(parts, resource));
  // What a variable without a value would have spared is not known, so the statement says nothing.
  return resources === undefined ? !listed && !resolved.includes(undefined) : listed;
}

/** Parts that are left out at the end of an ARN stand for anything ("IAM JSON policy elements: Resource"). */
function completeArn(pattern: string): string {
  const missing = 6 - pattern.split(':').length;
  return pattern.startsWith('arn:') && missing > 0 ? pattern + ':*'.repeat(missing) : pattern;
}

const toParts = (pattern: string) =>
  [...pattern].map((each) => (each === '*' || each === '?' ? each : { literal: each }));

/** `account`: it names the caller's account, not the caller. */
function concerns({ principals, notPrincipals }: Statement, principal: Principal): Concern {
  if (principals !== undefined) return named(principals, principal);
  if (notPrincipals === undefined) return 'nobody';
  // Whoever is not named. The account has to be named beside the caller to spare it.
  return named(notPrincipals, principal) === 'nobody' ? 'caller' : 'nobody';
}

/** Whether a statement of a resource policy names this very user or role, and not everybody with it. */
export const namesPrincipal = ({ principals }: Statement, arn: string): boolean =>
  principals !== undefined && principals !== '*' && (principals.AWS ?? []).includes(arn);

type Concern = 'caller' | 'account' | 'nobody';

function named(element: PrincipalElement, { account, arn, roleArn }: Principal): Concern {
  const ids = element === '*' ? ['*'] : (element.AWS ?? []);
  if (ids.some((id) => id === '*' || id === arn || id === roleArn)) return 'caller';
  const isAccount = (id: string): boolean =>
    id === account || new RegExp(`^arn:aws[a-z-]*:iam::${account}:root$`).test(id);
  return ids.some(isAccount) ? 'account' : 'nobody';
}
