/** IAM of the sandbox: roles with their policies, judged before every operation. */
import { createHash } from 'node:crypto';
import type { AuthorizationRequest } from '../dispatcher.ts';
import type { Identities, Identity } from '../identities.ts';
import type { RequestContext } from '../service.ts';
import { checkConditions } from './conditions.ts';
import { denial } from './denials.ts';
import {
  type CombinedJudgement,
  judgeBoth,
  namesAction,
  namesPrincipal,
  type Principal,
} from './evaluator.ts';
import { globalKeys, principalOf } from './global-keys.ts';
import { PolicyError, readPolicy, type Statement } from './policy.ts';
import { type Context, RequestValues } from './request-values.ts';
import type { AnyDemands, Demand, ServiceDemands } from './requests/demand.ts';
import { type RoleUsage, UsageRecord } from './usage.ts';

/** Policy documents, as text or parsed, by the ARN of the role that they belong to. */
export type Policies = Readonly<Record<string, readonly unknown[]>>;

export interface ResourcePolicy {
  /** Account of the resource: from another one its policy must allow, too. */
  readonly account: string;
  /** JSON; undefined when nobody has put one. */
  readonly document: string | undefined;
}

/** One judgement, for whoever wants to look on. */
export interface Decision {
  readonly demand: Demand;
  /** All condition keys of the request, those that every request has included. */
  readonly context: Context;
  readonly request: RequestContext;
  readonly judgement: CombinedJudgement;
}

export interface IamOptions {
  readonly identities: Identities;
  /** What each operation asks, by signing name. */
  readonly demands: Readonly<Record<string, ServiceDemands>>;
  /** The policies of resources themselves, and the services that keep any, by signing name. */
  readonly resourcePolicies: {
    readonly services: readonly string[];
    of(arn: string): ResourcePolicy | undefined;
  };
  /** Without any, every caller may do everything that resource policies do not deny. */
  readonly policies?: Policies;
}

export interface Iam {
  /** Throws the service's own error for what the caller is not allowed. */
  readonly authorize: (request: AuthorizationRequest) => void;
  /** The same for calls that do not come in over the wire, such as those of a durable function's runtime. */
  require(demands: readonly Demand[], request: RequestContext): void;
  /** Replaces the policies of a role. @throws PolicyError for documents that IAM would refuse. */
  setPolicies(roleArn: string, documents: readonly unknown[]): void;
  /** Credentials of a session of the role, known to the server. @param name as in `assumed-role/<role>/<name>` */
  session(roleArn: string, name?: string): Identity;
  usage(roleArn: string): RoleUsage;
  /** Told of every judgement from now on. */
  onDecision(listener: (decision: Decision) => void): void;
}

const rolePattern = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

/** Role names are unique in an account, whatever their path. */
function keyOf(roleArn: string): string {
  const [, account, name] = rolePattern.exec(roleArn) ?? [];
  if (account === undefined || name === undefined)
    throw new PolicyError(`${roleArn} is not the ARN of a role`);
  return `${account}/${name}`;
}

export function createIam(options: IamOptions): Iam {
  const roles = new Map<string, readonly Statement[]>();
  const records = new Map<string, UsageRecord>();
  const listeners: ((decision: Decision) => void)[] = [];
  let sessions = 0;
  const resourceStatements = new Map<string, readonly Statement[]>();

  const setPolicies: Iam['setPolicies'] = (roleArn, documents) => {
    const statements = documents.flatMap(readPolicy);
    for (const { conditions } of statements) checkConditions(conditions);
    roles.set(keyOf(roleArn), statements);
  };
  for (const [roleArn, documents] of Object.entries(options.policies ?? {})) setPolicies(roleArn, documents);

  const recordOf = (key: string): UsageRecord => {
    const record = records.get(key) ?? new UsageRecord();
    records.set(key, record);
    return record;
  };

  /** Sessions have the policies of their role, and none when nobody gave it any; everybody else administers. */
  const identityPolicies = ({ roleArn }: Principal): readonly Statement[] | 'everything' =>
    roleArn === undefined || roles.size === 0 ? 'everything' : (roles.get(keyOf(roleArn)) ?? []);

  /** Where a service keeps no policies of resources, sharing between accounts is its own affair. */
  const resourceSide = (arn: string, caller: string) => {
    const { account = caller, document } = options.resourcePolicies.of(arn) ?? {};
    if (document === undefined) return { statements: [], account };
    const statements = resourceStatements.get(document) ?? readPolicy(document);
    resourceStatements.set(document, statements);
    return { statements, account };
  };

  function check(demands: readonly Demand[], request: RequestContext): void {
    const principal = principalOf(request.caller, request.region);
    const identity = identityPolicies(principal);
    const allowed: [Demand, CombinedJudgement][] = [];
    for (const demand of demands) {
      const context = { ...globalKeys(request, principal, demand), ...demand.context };
      const { action, resource } = demand;
      const question = { action, resource, values: new RequestValues(context) };
      const judgement = demand.missing
        ? judgeMissing(identity, demand)
        : judgeBoth(identity, resourceSide(demand.resource, principal.account), principal, question);
      for (const listener of listeners) listener({ demand, context, request, judgement });
      if (judgement.verdict !== 'Allowed') {
        if (principal.roleArn !== undefined) recordOf(keyOf(principal.roleArn)).refuse(demand);
        throw denial(demand, judgement, request);
      }
      allowed.push([demand, judgement]);
    }
    // A permission counts as used only when the whole request went through.
    if (principal.roleArn === undefined) return;
    const record = recordOf(keyOf(principal.roleArn));
    for (const [demand, { statements }] of allowed) if (!demand.missing) record.allow(demand, statements);
  }

  return {
    authorize({ context, input }) {
      const { roleArn } = principalOf(context.caller, context.region);
      const mayAll = roleArn === undefined || roles.size === 0;
      // Nothing can refuse and nobody looks on: most of what the sandbox ever does, so it should cost nothing.
      if (mayAll && listeners.length === 0 && !options.resourcePolicies.services.includes(context.service))
        return;
      check(demandsOf(options.demands, context, input), context);
    },
    require: check,
    setPolicies,
    session(roleArn, name = 'sandbox') {
      const [, account = '', role = ''] = rolePattern.exec(roleArn) ?? [];
      sessions += 1;
      // Not from the world's chance: whether roles are used must not change what else happens in it.
      const secret = createHash('sha512').update(`${sessions} ${roleArn} ${name}`).digest('hex');
      const key = secret.slice(0, 16).toUpperCase();
      const identity: Identity = {
        accessKeyId: `ASIA${key}`,
        secretAccessKey: secret.slice(16, 56),
        sessionToken: secret.slice(56),
        account,
        arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
        userId: `AROA${key}:${name}`,
      };
      options.identities.add(identity);
      return identity;
    },
    usage: (roleArn) =>
      recordOf(keyOf(roleArn)).report(roleArn, [
        ...(roles.get(keyOf(roleArn)) ?? []),
        // Policies of resources that were asked for so far, as far as they name the role.
        ...[...resourceStatements.values()].flat().filter((each) => namesPrincipal(each, roleArn)),
      ]),
    onDecision: (listener) => {
      listeners.push(listener);
    },
  };
}

function demandsOf(
  all: IamOptions['demands'],
  context: RequestContext,
  input: Readonly<Record<string, unknown>>,
): readonly Demand[] {
  const of: AnyDemands | undefined = all[context.service]?.[context.action];
  // What the sandbox does not implement is refused for that reason, not for a lack of permission.
  // Sound: the input was decoded by the schema of the very operation that the demands are registered for.
  return of?.(input as never, context) ?? [];
}

/**
 * Something that is not there has no tags to judge by, and the service answers that it is not there, provided that the
 * caller may use the action on anything at all.
 */
function judgeMissing(identity: readonly Statement[] | 'everything', { action }: Demand): CombinedJudgement {
  if (identity === 'everything') return { verdict: 'Allowed', statements: [], by: 'identity' };
  const naming = identity.filter((statement) => namesAction(statement, action));
  const denied = naming.some(
    ({ effect, conditions, resources }) =>
      effect === 'Deny' && conditions.length === 0 && resources?.includes('*'),
  );
  if (denied) return { verdict: 'ExplicitlyDenied', statements: [], by: 'identity' };
  const verdict = naming.some(({ effect }) => effect === 'Allow') ? 'Allowed' : 'ImplicitlyDenied';
  return { verdict, statements: [], by: 'identity' };
}
