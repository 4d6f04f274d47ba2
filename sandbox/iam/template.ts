/** What a CloudFormation template says of permissions: its roles, the roles of its functions, its bucket policies. */
import { TemplateError, type TemplatePlace, TemplateValues } from './template-values.ts';

export interface TemplateRole {
  readonly logicalId: string;
  readonly arn: string;
  /** Its inline policies, in their order. */
  readonly documents: readonly unknown[];
}

export interface TemplateFunction {
  readonly name: string;
  readonly role: TemplateRole;
  readonly environment: Readonly<Record<string, string>>;
  readonly deadLettersArn: string | undefined;
}

export interface TemplateSchedule {
  readonly name: string;
  readonly role: TemplateRole;
  readonly targetArn: string;
  /** As the template has it, context attributes such as `<aws.scheduler.scheduled-time>` included. */
  readonly input: string;
  readonly deadLettersArn: string | undefined;
}

export interface TemplatePermissions {
  readonly roles: readonly TemplateRole[];
  /** By their names. */
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly schedules: readonly TemplateSchedule[];
  /** JSON by bucket name. */
  readonly bucketPolicies: ReadonlyMap<string, string>;
}

/**
 * @param template a parsed template
 * @throws TemplateError for what is in the way of reading it: managed policies, intrinsic functions without a value here
 */
export function readTemplate(template: unknown, place: TemplatePlace): TemplatePermissions {
  const values = new TemplateValues(template, place);
  const roles = new Map(
    values.ofType('AWS::IAM::Role').map((each) => [each.logicalId, roleOf(values, each)]),
  );
  const roleAt = (logicalId: string, value: unknown): TemplateRole => {
    const arn = values.text(value);
    const role = [...roles.values()].find((each) => each.arn === arn);
    if (role) return role;
    throw new TemplateError(`the role of ${logicalId} is not in the template`);
  };
  const functions = values.ofType('AWS::Lambda::Function').map(({ logicalId, properties }) => {
    const role = roleAt(logicalId, properties.Role);
    const environment = values.object(properties.Environment).Variables;
    const variables = Object.entries(values.object(environment)).map(([name, value]): [string, string] => [
      name,
      values.text(value),
    ]);
    const { TargetArn: deadLetters } = values.object(properties.DeadLetterConfig);
    return {
      name: values.text({ Ref: logicalId }),
      role,
      environment: Object.fromEntries(variables),
      deadLettersArn: deadLetters === undefined ? undefined : values.text(deadLetters),
    };
  });
  const schedules = values.ofType('AWS::Scheduler::Schedule').map(({ logicalId, properties }) => {
    const { Arn: target, RoleArn, Input: input, DeadLetterConfig } = values.object(properties.Target);
    const { Arn: deadLetters } = values.object(DeadLetterConfig);
    return {
      name: values.text({ Ref: logicalId }),
      role: roleAt(logicalId, RoleArn),
      targetArn: values.text(target),
      input: values.text(input),
      deadLettersArn: deadLetters === undefined ? undefined : values.text(deadLetters),
    };
  });
  const policies = values.ofType('AWS::S3::BucketPolicy').map(({ properties }): [string, string] => {
    const document = values.resolve(properties.PolicyDocument);
    return [values.text(properties.Bucket), JSON.stringify(document)];
  });
  return {
    roles: [...roles.values()],
    functions: new Map(functions.map((each) => [each.name, each])),
    schedules,
    bucketPolicies: new Map(policies),
  };
}

function roleOf(
  values: TemplateValues,
  { logicalId, properties }: ReturnType<TemplateValues['ofType']>[number],
): TemplateRole {
  if (properties.ManagedPolicyArns !== undefined)
    throw new TemplateError(`${logicalId} has managed policies, whose contents are not in the template`);
  const { Policies: policies = [] } = properties;
  if (!Array.isArray(policies)) throw new TemplateError(`the policies of ${logicalId} are a list`);
  const documents = policies.map((each) => values.resolve(values.object(each).PolicyDocument));
  return { logicalId, arn: values.text({ 'Fn::GetAtt': [logicalId, 'Arn'] }), documents };
}
