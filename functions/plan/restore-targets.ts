import type { WorkPlan } from './config.ts';
import type { RestoreRequest } from './restore-request.ts';

/** Where the machine was when it was copied; undefined where the copy does not say. */
export interface RecordedTarget {
  readonly subnet?: string | undefined;
  readonly securityGroups: readonly string[];
  /** Name, not ARN. */
  readonly instanceProfile?: string | undefined;
}

/** Where a restored machine goes. */
export interface Target {
  readonly subnet?: string | undefined;
  readonly securityGroups: readonly string[];
  readonly instanceProfile?: string | undefined;
}

/**
 * The request's targets, else the plan's, else those of the old machine; with a sentence for each that the plan does
 * not allow, naming the key to add. Allowed are the plan's own, those under `allow`, and the recorded ones where the
 * plan names none.
 */
export function chooseTarget(
  plan: WorkPlan,
  request: Pick<RestoreRequest, 'subnet' | 'securityGroups' | 'instanceProfile'>,
  recorded: RecordedTarget,
): { readonly target: Target; readonly problems: readonly string[] } {
  const { subnet, securityGroups, instanceProfile, allow } = plan.restore ?? {};
  const own = {
    subnet: subnet ?? recorded.subnet,
    securityGroups: securityGroups ?? recorded.securityGroups,
    instanceProfile: instanceProfile ?? recorded.instanceProfile,
  };
  const target = {
    subnet: request.subnet ?? own.subnet,
    securityGroups: request.securityGroups ?? own.securityGroups,
    instanceProfile: request.instanceProfile ?? own.instanceProfile,
  };
  const refused = (
    what: string,
    key: keyof NonNullable<typeof allow>,
    asked: readonly (string | undefined)[],
    allowed: readonly (string | undefined)[],
  ): string[] =>
    asked
      .filter((value) => value !== undefined && !allowed.includes(value) && !allow?.[key].includes(value))
      .map(
        (value) =>
          `${what} ${value} is not among the targets of plan ${plan.name}: add it to plans.${plan.name}.restore.allow.${key}`,
      );
  return {
    target,
    problems: [
      ...refused('subnet', 'subnets', [request.subnet], [own.subnet]),
      ...refused('security group', 'securityGroups', request.securityGroups ?? [], own.securityGroups),
      ...refused('instance profile', 'instanceProfiles', [request.instanceProfile], [own.instanceProfile]),
    ],
  };
}
