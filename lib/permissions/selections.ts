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
export const selectedSources = (stack: Stack, plans: readonly Plan[]): PolicyStatement[] =>
  statementsOn(
    stack,
    plans.flatMap(({ sources, application }) =>
      sources.map(({ kind, select }) => {
        // User data is asked for in plans with an application only, and it may hold secrets.
        const extra = kind === 'ec2' && application !== undefined ? ['ec2:DescribeInstanceAttribute'] : [];
        return { kind, select, actions: [...copyActions[kind], ...extra] };
      }),
    ),
  );

/** Reading the user data of the machines that the plans select, for a restore that is to run it again. */
export const readUserData = (stack: Stack, plans: readonly Plan[]): PolicyStatement[] =>
  statementsOn(
    stack,
    plans
      .flatMap(({ sources }) => sources)
      .filter(({ kind }) => kind === 'ec2')
      .map(({ kind, select }) => ({ kind, select, actions: ['ec2:DescribeInstanceAttribute'] })),
  );

interface Wanted {
  readonly kind: SourceKind;
  readonly select: SourceSelection['select'];
  readonly actions: readonly string[];
}

/** Tags that must all match, each with the values that will do. */
interface Folded extends Omit<Wanted, 'select'> {
  readonly tags: Map<string, string[]>;
}

/**
 * Statements on exactly what the selections mean, as few as can be: those that differ in the value of one tag become
 * one with both values, since a role has 10,240 characters for all of its plans.
 */
function statementsOn(stack: Stack, wanted: readonly Wanted[]): PolicyStatement[] {
  const parts: (Folded | PolicyStatement)[] = [];
  const named = new Set<string>();
  for (const each of wanted) {
    const { kind, select, actions } = each;
    if ('tags' in select) {
      fold(parts, each, Object.entries(select.tags));
      continue;
    }
    const names = 'ids' in select ? select.ids : select.identifiers;
    const known = JSON.stringify([kind, actions, names]);
    if (named.has(known)) continue;
    named.add(known);
    const arns = names.map((name) => arnOf(stack, kind, name));
    parts.push(new PolicyStatement({ actions: [...actions], resources: arns }));
  }
  return parts.map((part) => (part instanceof PolicyStatement ? part : taggedStatement(stack, part)));
}

function fold(
  parts: (Folded | PolicyStatement)[],
  { kind, actions }: Wanted,
  tags: readonly [string, string][],
): void {
  for (const each of parts) {
    if (
      each instanceof PolicyStatement ||
      each.kind !== kind ||
      each.actions.join() !== actions.join() ||
      each.tags.size !== tags.length
    )
      continue;
    const others = tags.filter(([key, value]) => {
      const values = each.tags.get(key);
      return values?.length !== 1 || values[0] !== value;
    });
    const [other] = others;
    if (other === undefined) return;
    const values = each.tags.get(other[0]);
    if (others.length > 1 || values === undefined) continue;
    if (!values.includes(other[1])) values.push(other[1]);
    return;
  }
  parts.push({ kind, actions, tags: new Map(tags.map(([key, value]) => [key, [value]])) });
}

/** A tag of EC2 may hold any character, and IAM takes `${` for a variable ("IAM policy elements: Variables and tags"). */
const literally = (value: string): string => value.replaceAll(/\$(?=\{)/g, () => `\${$}`);

function taggedStatement(stack: Stack, { kind, actions, tags }: Folded): PolicyStatement {
  const conditions = [...tags].map(([key, values]) => {
    const [only = '', ...others] = values.map(literally);
    return [`aws:ResourceTag/${key}`, others.length === 0 ? only : [only, ...others]];
  });
  return new OpenStatement('sources are selected by tags, which the condition holds', {
    actions: [...actions],
    resources: [arnOf(stack, kind, '*')],
    conditions: { StringEquals: Object.fromEntries(conditions) },
  });
}

const arnOf = (stack: Stack, kind: SourceKind, resourceName: string): string =>
  Arn.format({ ...resources[kind], resourceName }, stack);
