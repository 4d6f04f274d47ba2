import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Effect, type PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { OpenStatement } from './permissions/open-statement.ts';

/** Fails the synthesis on whatever the AwsSolutions rules of cdk-nag find and nobody has acknowledged. */
export function checkSolutions(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

/**
 * Acknowledges the `*` of open statements, resource by resource, on the role that has them. Answers the statements that
 * have a `*` and no reason: the rule judges a role as a whole, so beside an open one it would overlook them.
 */
export function acknowledgeOpenResources(role: Role, statements: readonly PolicyStatement[]): string[] {
  const reasons = new Map<string, Set<string>>();
  const problems: string[] = [];
  for (const statement of statements.filter(({ effect }) => effect === Effect.ALLOW)) {
    for (const resource of statement.resources.map((each) => ruleText(Stack.of(role).resolve(each)))) {
      if (!resource.includes('*')) continue;
      if (statement instanceof OpenStatement) {
        reasons.set(resource, (reasons.get(resource) ?? new Set()).add(statement.reason));
      } else {
        problems.push(
          `${statement.actions.join(', ')} on ${resource}: name the resource, or say in an OpenStatement why it cannot be named`,
        );
      }
    }
  }
  Validations.of(role).acknowledge(
    ...[...reasons].map(([resource, texts]) => ({
      id: `AwsSolutions-IAM5[Resource::${resource}]`,
      reason: [...texts].join('; '),
    })),
  );
  return problems;
}

/** A resource as the ids of cdk-nag's findings write it: references in angle brackets, `<Vault.Arn>/ledger/*`. */
function ruleText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${ruleText(value.Ref)}>`;
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt']))
    return `<${value['Fn::GetAtt'].map(ruleText).join('.')}>`;
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: unknown[] = value['Fn::Join'];
    if (Array.isArray(parts)) return parts.map(ruleText).join(String(separator));
  }
  return JSON.stringify(value);
}
