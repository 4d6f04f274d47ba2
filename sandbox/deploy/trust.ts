/** Whether a service may assume a role, by the role's trust policy: asked when something with a role is made. */
import { judge } from '../iam/evaluator.ts';
import { readPolicy, type Statement } from '../iam/policy.ts';
import { type Context, RequestValues } from '../iam/request-values.ts';
import type { TemplateRole } from '../iam/template.ts';
import { AssemblyError } from './assembly.ts';
import type { StackUnderWay } from './target.ts';

export interface Assumption {
  readonly role: TemplateRole;
  /** `lambda.amazonaws.com` */
  readonly service: string;
  /** Condition keys beside the account, such as `aws:SourceArn`. */
  readonly context?: Context;
  /** What needs the role, as a sentence begins with it: `The function prod-eu-start`. */
  readonly what: string;
}

const names = ({ principals }: Statement, service: string): boolean =>
  principals === '*' || (principals?.Service ?? []).includes(service);

/** @throws AssemblyError when the service would answer that it cannot assume the role */
export function requireTrust(under: StackUnderWay, { role, service, context = {}, what }: Assumption): void {
  const { values, place } = under;
  const resource = values.ofType('AWS::IAM::Role').find(({ logicalId }) => logicalId === role.logicalId);
  const document = values.resolve(resource?.properties.AssumeRolePolicyDocument);
  const statements = document === undefined ? [] : readPolicy(document);
  const { verdict } = judge(
    statements.filter((statement) => names(statement, service)),
    {
      action: 'sts:AssumeRole',
      resource: role.arn,
      values: new RequestValues({ 'aws:SourceAccount': place.account, ...context }),
    },
  );
  if (verdict === 'Allowed') return;
  throw new AssemblyError(
    `${what} cannot be made: its role ${role.logicalId} cannot be assumed by ${service}.`,
    'Look at AssumeRolePolicyDocument of that role in the template.',
  );
}
