import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Plan, SourceSelection } from '../../functions/plan/config.ts';
import type { SourceKind } from '../../functions/shared/source.ts';
import { OpenStatement } from './open-statement.ts';

/** How the sources of each kind are written in ARNs. */
const resources = {
  ec2: { service: 'ec2', resource: 'instance', arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
  rds: { service: 'rds', resource: 'db', arnFormat: ArnFormat.COLON_RESOURCE_NAME },
  aurora: { service: 'rds', resource: 'cluster', arnFormat: ArnFormat.COLON_RESOURCE_NAME },
} satisfies Record<SourceKind, object>;

/** The call that copies a source, as it is authorized on the source itself. */
const copyActions = {
  ec2: ['ec2:CreateImage'],
  rds: ['rds:CreateDBSnapshot'],
  aurora: ['rds:CreateDBClusterSnapshot'],
} satisfies Record<SourceKind, readonly string[]>;

export const kindsOf = (plans: readonly Plan[]): ReadonlySet<SourceKind> =>
  new Set(plans.flatMap(({ sources }) => sources.map(({ kind }) => kind)));

/** Copying exactly the sources that the plans select: by their tags, or by name. */
export function selectedSources(stack: Stack, plans: readonly Plan[]): PolicyStatement[] {
  const statements = new Map<string, PolicyStatement>();
  for (const plan of plans) {
    for (const selection of plan.sources) {
      const statement = sourceStatement(stack, selection, plan.application !== undefined);
      statements.set(JSON.stringify(stack.resolve(statement.toStatementJson())), statement);
    }
  }
  return [...statements.values()];
}

/** Reading the user data of the machines that the plans select, for a restore that is to run it again. */
export function readUserData(stack: Stack, plans: readonly Plan[]): PolicyStatement[] {
  const statements = new Map<string, PolicyStatement>();
  for (const selection of plans.flatMap(({ sources }) => sources)) {
    if (selection.kind !== 'ec2') continue;
    const statement = statementOn(stack, selection, ['ec2:DescribeInstanceAttribute']);
    statements.set(JSON.stringify(stack.resolve(statement.toStatementJson())), statement);
  }
  return [...statements.values()];
}

function sourceStatement(
  stack: Stack,
  selection: SourceSelection,
  withApplication: boolean,
): PolicyStatement {
  const { kind } = selection;
  // User data is asked for in plans with an application only, and it may hold secrets.
  const extra = kind === 'ec2' && withApplication ? ['ec2:DescribeInstanceAttribute'] : [];
  return statementOn(stack, selection, [...copyActions[kind], ...extra]);
}

/** A tag of EC2 may hold any character, and IAM takes `${` for a variable ("IAM policy elements: Variables and tags"). */
const literally = (value: string): string => value.replaceAll(/\$(?=\{)/g, () => `\${$}`);

/** `actions` on exactly what a selection means. */
function statementOn(stack: Stack, { kind, select }: SourceSelection, actions: string[]): PolicyStatement {
  const arn = (resourceName: string): string => Arn.format({ ...resources[kind], resourceName }, stack);
  if ('tags' in select) {
    const tags = Object.entries(select.tags).map(([key, value]) => [
      `aws:ResourceTag/${key}`,
      literally(value),
    ]);
    return new OpenStatement('sources are selected by tags, which the condition holds', {
      actions,
      resources: [arn('*')],
      conditions: { StringEquals: Object.fromEntries(tags) },
    });
  }
  const names = 'ids' in select ? select.ids : select.identifiers;
  return new PolicyStatement({ actions, resources: names.map(arn) });
}
