import { Annotations, type Stack } from 'aws-cdk-lib';
import type { Config } from '../functions/plan/config.ts';

/** Everything that the plans name as places of restored machines. */
export interface NamedTargets {
  readonly subnets: readonly string[];
  /** Those of quarantine among them. */
  readonly securityGroups: readonly string[];
  readonly instanceProfiles: readonly string[];
}

export function namedTargets({ plans }: Config): NamedTargets {
  const restores = Object.values(plans).flatMap(({ restore }) => restore ?? []);
  const sorted = (values: readonly (string | undefined)[]): string[] =>
    [...new Set(values)].filter((value) => value !== undefined).sort();
  return {
    subnets: sorted(restores.flatMap(({ subnet, allow }) => [subnet, ...(allow?.subnets ?? [])])),
    securityGroups: sorted(
      restores.flatMap(({ securityGroups = [], quarantineGroup, allow }) => [
        ...securityGroups,
        quarantineGroup,
        ...(allow?.securityGroups ?? []),
      ]),
    ),
    instanceProfiles: sorted(
      restores.flatMap(({ instanceProfile, allow }) => [instanceProfile, ...(allow?.instanceProfiles ?? [])]),
    ),
  };
}

/** The role names every place: a plan that leaves it to what was recorded can be restored from a terminal alone. */
export function warnOfOpenTargets(stack: Stack, { plans }: Config): void {
  for (const { name, sources, restore } of Object.values(plans)) {
    if (!sources.some(({ kind }) => kind === 'ec2')) continue;
    const missing = (['subnet', 'securityGroups'] as const).filter((key) => restore?.[key] === undefined);
    if (missing.length === 0) continue;
    Annotations.of(stack).addWarningV2(
      `snapkeep:restore-targets-${name}`,
      `plans.${name}.restore names no ${missing.join(' and no ')}: the deployed restore function may not launch its machines where they were`,
    );
  }
}
