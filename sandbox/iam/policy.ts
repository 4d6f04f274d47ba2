/** Policy documents, as they come out of a template or a request. */

export type Effect = 'Allow' | 'Deny';

/** Who a statement of a resource policy is about: everybody, or principals by their kind (`AWS`, `Service`, ...). */
export type PrincipalElement = '*' | Readonly<Record<string, readonly string[]>>;

/** One statement with every list spelt out. Exactly one of each pair with `not...` is there. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: Effect;
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  /** Undefined together with `notResources` in trust policies only. */
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly principals: PrincipalElement | undefined;
  readonly notPrincipals: PrincipalElement | undefined;
  /** Operator -> condition key -> values, all as text. */
  readonly conditions: readonly Condition[];
  /** Documents of before 2012-10-17 know no variables: `${aws:username}` is just text there. */
  readonly variables: boolean;
}

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** A document that IAM would refuse to store. */
export class PolicyError extends Error {}

type JsonObject = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const versions = ['2012-10-17', '2008-10-17'];
const elements = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
]);

/**
 * The statements of a document, given as JSON text or as what it parses to.
 * @throws PolicyError for what "Grammar of the IAM JSON policy language" does not allow
 */
export function readPolicy(document: unknown): readonly Statement[] {
  const policy = typeof document === 'string' ? parse(document) : document;
  if (!isObject(policy)) throw new PolicyError('a policy document is a JSON object');
  const { Version: version = '2008-10-17', Statement: statements } = policy;
  if (!versions.includes(String(version))) throw new PolicyError(`unknown policy version ${String(version)}`);
  if (statements === undefined) throw new PolicyError('a policy document has a Statement');
  const list: readonly unknown[] = Array.isArray(statements) ? statements : [statements];
  return list.map((each) => readStatement(each, version === '2012-10-17'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyError('a policy document is JSON', { cause: error });
  }
}

function readStatement(value: unknown, variables: boolean): Statement {
  if (!isObject(value)) throw new PolicyError('a statement is a JSON object');
  for (const name of Object.keys(value)) {
    if (!elements.has(name)) throw new PolicyError(`unknown element ${name} of a statement`);
  }
  const { Effect: effect, Sid: sid } = value;
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyError('Effect is Allow or Deny');
  one(value, 'Action', 'NotAction', true);
  for (const action of [...(texts(value, 'Action') ?? []), ...(texts(value, 'NotAction') ?? [])]) {
    // A wildcard never stands for a service.
    if (action !== '*' && !/^[a-z0-9-]+:[A-Za-z0-9*?]+$/i.test(action))
      throw new PolicyError(`the action ${action} does not begin with the prefix of a service`);
  }
  one(value, 'Resource', 'NotResource', false);
  one(value, 'Principal', 'NotPrincipal', false);
  return {
    sid: sid === undefined ? undefined : String(sid),
    effect,
    actions: texts(value, 'Action'),
    notActions: texts(value, 'NotAction'),
    resources: texts(value, 'Resource'),
    notResources: texts(value, 'NotResource'),
    principals: principals(value, 'Principal'),
    notPrincipals: principals(value, 'NotPrincipal'),
    conditions: conditions(value.Condition),
    variables,
  };
}

function one(statement: JsonObject, name: string, negated: string, required: boolean): void {
  const count = [name, negated].filter((each) => statement[each] !== undefined).length;
  if (count > 1) throw new PolicyError(`a statement has ${name} or ${negated}, not both`);
  if (count === 0 && required) throw new PolicyError(`a statement has ${name} or ${negated}`);
}

function texts(statement: JsonObject, name: string): readonly string[] | undefined {
  const value = statement[name];
  return value === undefined ? undefined : textList(value, name);
}

function textList(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((each) => {
    if (typeof each === 'string') return each;
    // Numbers and booleans may stand without quotes.
    if (typeof each === 'number' || typeof each === 'boolean') return String(each);
    throw new PolicyError(`${where} holds ${JSON.stringify(each)} where text is expected`);
  });
}

function principals(statement: JsonObject, name: string): PrincipalElement | undefined {
  const value = statement[name];
  if (value === undefined) return undefined;
  if (value === '*') return '*';
  if (!isObject(value)) throw new PolicyError(`${name} is "*" or an object`);
  return Object.fromEntries(Object.entries(value).map(([kind, ids]) => [kind, textList(ids, name)]));
}

function conditions(block: unknown): readonly Condition[] {
  if (block === undefined) return [];
  if (!isObject(block)) throw new PolicyError('Condition is an object');
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isObject(keys)) throw new PolicyError(`the condition ${operator} is an object`);
    return Object.entries(keys).map(([key, values]) => ({
      operator,
      key,
      values: textList(values, `${operator} of ${key}`),
    }));
  });
}
