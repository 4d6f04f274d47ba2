import type { WorkPlan } from '../../plan/config.ts';
import type { RotationDecision } from './assessment.ts';

/**
 * `maxDeletePercent`: one sentence for each retention group of which more would go than one run may take. At least one
 * may always go, else small groups could never be rotated.
 */
export function overfullGroups(
  { application, retention }: WorkPlan,
  groups: ReadonlyMap<string, number>,
  decisions: readonly RotationDecision[],
): string[] {
  const going = new Map<string, Set<string>>();
  for (const { remove, unit } of decisions) {
    if (!remove || !unit) continue;
    going.set(unit.group, (going.get(unit.group) ?? new Set()).add(unit.id));
  }
  const percent = retention.maxDeletePercent;
  const noun = application === undefined ? 'recovery points' : 'backups';
  return [...going].flatMap(([group, units]) => {
    const total = groups.get(group) ?? 0;
    const allowed = Math.max(1, Math.floor((total * percent) / 100));
    if (units.size <= allowed) return [];
    return [
      `${units.size} of the ${total} ${noun} of ${group} would go; one run may take ${allowed} (maxDeletePercent is ${percent})`,
    ];
  });
}
