/** Requests that lie one step outside a statement: the same as one that it allowed, but for a single thing. */
import { judge, type Question } from '../../sandbox/iam/evaluator.ts';
import type { Decision } from '../../sandbox/iam/iam.ts';
import type { Statement } from '../../sandbox/iam/policy.ts';
import { type Context, RequestValues } from '../../sandbox/iam/request-values.ts';

export interface Outside {
  /** `another Region`, `without aws:ResourceTag/Role` */
  readonly step: string;
  readonly question: Question;
}

const stranger = '999999999999';

/** Every step that leads out of the statement from a request that it allowed. */
export function outsideOf({ demand, context }: Decision, statement: Statement): Outside[] {
  const { action, resource } = demand;
  const question = (change: Partial<{ resource: string; context: Context }>): Question => ({
    action,
    resource: change.resource ?? resource,
    values: new RequestValues(change.context ?? context),
  });
  const steps: Outside[] = [
    ...resourcesBeside(resource).map(([step, other]) => ({ step, question: question({ resource: other }) })),
    ...statement.conditions.flatMap(({ key }) =>
      contextsBeside(context, key).map(([step, other]) => ({ step, question: question({ context: other }) })),
    ),
  ];
  return steps.filter((each) => judge([statement], each.question).verdict === 'ImplicitlyDenied');
}

function resourcesBeside(resource: string): [string, string][] {
  const parts = resource.split(':');
  if (parts.length < 6) return [];
  const [, , , region = '', account = ''] = parts;
  const rest = parts.slice(5).join(':');
  const [, type = '', separator = ''] = /^([^:/]+)([:/])/.exec(rest) ?? [];
  const build = (newRegion: string, newAccount: string, newRest: string): string =>
    [...parts.slice(0, 3), newRegion, newAccount, newRest].join(':');
  return [
    ...(region === '' ? [] : [['another Region', build('us-east-1', account, rest)] as [string, string]]),
    ...(account === '' ? [] : [['another account', build(region, stranger, rest)] as [string, string]]),
    ['another name', build(region, account, `${type}${separator}foreign`)],
    ['a longer name', build(region, account, `${rest}x`)],
    ['another beginning', build(region, account, `x${rest}`)],
    ['another type', build(region, account, `foreign${separator || '/'}${rest.slice(type.length + 1)}`)],
  ];
}

function contextsBeside(context: Context, key: string): [string, Context][] {
  const name = Object.keys(context).find((each) => each.toLowerCase() === key.toLowerCase()) ?? key;
  const value = context[name];
  const without = { ...context, [name]: undefined };
  const more = typeof value === 'object' ? [...value, 'foreign'] : 'foreign';
  return [
    [`without ${key}`, without],
    [`another ${key}`, { ...context, [name]: more }],
    [`an empty ${key}`, { ...context, [name]: '' }],
  ];
}
