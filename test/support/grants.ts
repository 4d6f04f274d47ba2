import { namesPrincipal } from '../../sandbox/iam/evaluator.ts';
import { readPolicy, type Statement } from '../../sandbox/iam/policy.ts';
import type { TemplatePermissions, TemplateRole } from '../../sandbox/iam/template.ts';

/** All that a template says of what a role may do: the role's own statements, and those of buckets that name it. */
export function grantsOf(
  { bucketPolicies }: TemplatePermissions,
  { documents, arn }: TemplateRole,
): readonly Statement[] {
  const ofBuckets = [...bucketPolicies.values()].flatMap(readPolicy);
  return [...documents.flatMap(readPolicy), ...ofBuckets.filter((each) => namesPrincipal(each, arn))];
}
