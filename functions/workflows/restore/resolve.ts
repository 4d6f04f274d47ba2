import type { RestorableApplication } from '../../applications/restore-port.ts';
import type { AvailablePoint, Manifest, Relaunch } from '../../catalog/documents.ts';
import type { DatabaseOrder, DatabaseRestorer, RestoreIdentity } from '../../drivers/restorer.ts';
import type { WorkPlan } from '../../plan/config.ts';
import type { RestoreRequest } from '../../plan/restore-request.ts';
import { addressChange, checkRecorded } from '../../rewrite/address-map.ts';
import { requireKind } from '../../rewrite/values.ts';
import { usageError } from '../../shared/errors.ts';
import { sourceKey } from '../../shared/source.ts';
import { type MachineTarget, machineTarget } from './machine-target.ts';
import type { RestoreDependencies } from './ports.ts';

export interface DatabaseTarget {
  /** `<kind>/<id>` */
  readonly key: string;
  readonly restorer: DatabaseRestorer;
  readonly order: DatabaseOrder;
}

/** A request, its backup and its plan put together: everything that can be known without looking at the cloud. */
export interface Resolved {
  readonly identity: RestoreIdentity;
  readonly plan: WorkPlan;
  readonly request: RestoreRequest;
  readonly manifest: Manifest;
  /** Undefined for a plan without one, and for one that this version has no profile of. */
  readonly application: RestorableApplication | undefined;
  readonly machines: readonly MachineTarget[];
  readonly databases: readonly DatabaseTarget[];
  /** Points of databases that the request leaves out. */
  readonly leftOut: readonly string[];
  /** Points of machines that the request leaves out, where all of them are one application. */
  readonly machinesLeftOut: readonly string[];
  /** What must be fixed first, as far as the request and the configuration show it. */
  readonly problems: readonly string[];
}

/** More machines at once would not fit the steps of one restore. */
const machineLimit = 50;

/** The ID of the backup that a request means: its own, or the newest complete one of the plan. */
export async function findBackup(
  deps: RestoreDependencies,
  plan: WorkPlan,
  request: RestoreRequest,
): Promise<Manifest> {
  if (request.backup !== 'latest') {
    const manifest = await deps.backups.readManifest(plan.name, request.backup);
    if (manifest) return manifest;
    throw usageError(
      `there is no sealed backup ${request.backup} of plan ${plan.name} in the vault`,
      `\`snapkeep list --plan ${plan.name}\` prints those there are`,
    );
  }
  for (const { backupId, sealed } of await deps.backups.listBackups(plan.name)) {
    const manifest = sealed ? await deps.backups.readManifest(plan.name, backupId) : undefined;
    if (manifest?.status === 'completed') return manifest;
  }
  throw usageError(
    `plan ${plan.name} has no complete backup`,
    `run \`snapkeep backup ${plan.name}\`, or name a partial one: \`snapkeep list --plan ${plan.name}\` prints them`,
  );
}

/** Puts request, plan and backup together. Throws a `usage` error where the request does not fit the backup. */
export function resolve(
  deps: RestoreDependencies,
  plan: WorkPlan,
  request: RestoreRequest,
  requestId: string,
  manifest: Manifest,
): Resolved {
  const identity: RestoreIdentity = {
    deployment: deps.deployment,
    plan: plan.name,
    backupId: manifest.backup_id,
    restoreId: requestId,
  };
  const profile = manifest.application?.profile;
  const application = profile === undefined ? undefined : deps.application(profile);
  const points = choosePoints(manifest, request);
  const machines: MachineTarget[] = [];
  const databases: DatabaseTarget[] = [];
  for (const point of points) {
    const restorer = deps.restorers[point.source.kind];
    const key = sourceKey(point.source);
    if (restorer.role === 'database') databases.push({ key, restorer, order: { identity, point } });
    else machines.push(machineTarget({ restorer, identity, point, plan, request, application, profile }));
  }
  if (application && machines.length > 0) {
    // Before anything is launched: what is no address and no name has no business in a rewrite.
    for (const { point } of machines) {
      checkRecorded(point.relaunch);
      // With itself for the new machine, only a name that would have two successors is left to complain about.
      const serviceName = request.hostname === undefined ? {} : { serviceName: request.hostname };
      addressChange({ relaunch: point.relaunch, machine: point.relaunch, ...serviceName });
    }
    for (const { key, order } of databases) {
      for (const [what, name] of endpointsIn(order.point.relaunch))
        requireKind(`${what} of ${key}`, name, 'name');
    }
  }
  if (machines.length > machineLimit) {
    throw usageError(
      `backup ${manifest.backup_id} holds ${machines.length} machines; one restore makes at most ${machineLimit}`,
      'choose some with `only` (--only ec2/i-...)',
    );
  }
  const notRestored = manifest.recovery_points.filter(
    (point) => !points.some(({ source }) => sourceKey(source) === sourceKey(point.source)),
  );
  const keysOf = (role: 'machine' | 'database') =>
    notRestored
      .filter(({ source }) => deps.restorers[source.kind].role === role)
      .map(({ source }) => sourceKey(source));
  const problems = machines.flatMap((machine) => machine.problems);
  if (request.dns !== undefined && machines.length !== 1) {
    problems.push(`dns names one machine and ${machines.length} are restored: choose one with only`);
  }
  return {
    ...{ identity, plan, request, manifest, application, machines, databases },
    leftOut: keysOf('database'),
    machinesLeftOut: profile === undefined ? [] : keysOf('machine'),
    problems: [...new Set(problems)],
  };
}

/** The recorded endpoints of a database, each with what it is. */
export function endpointsIn(relaunch: Relaunch): readonly (readonly [what: string, name: string])[] {
  return ['endpoint', 'reader_endpoint'].flatMap((key) => {
    const value = relaunch[key];
    const address =
      typeof value === 'object' && value !== null && 'address' in value ? value.address : undefined;
    return typeof address === 'string' ? [[key.replace('_', ' '), address] as const] : [];
  });
}

function choosePoints(manifest: Manifest, request: RestoreRequest): readonly AvailablePoint[] {
  const known = new Map(manifest.recovery_points.map((point) => [sourceKey(point.source), point]));
  const unknown = (request.only ?? []).filter((key) => !known.has(key));
  if (unknown.length > 0) {
    throw usageError(
      `backup ${manifest.backup_id} has no source ${unknown.join(', ')}`,
      `it has ${[...known.keys()].join(', ')}`,
    );
  }
  const chosen = request.only === undefined ? [...known.keys()] : [...new Set(request.only)];
  const available: AvailablePoint[] = [];
  const failed: string[] = [];
  for (const key of chosen) {
    const point = known.get(key);
    if (point?.status === 'available') available.push(point);
    else if (point) failed.push(`${key} (${point.reason})`);
  }
  if (failed.length > 0) {
    throw usageError(
      `backup ${manifest.backup_id} is ${manifest.status} and has no copy of ${failed.join(', ')}`,
      'choose the sources to restore with `only`, or take a complete backup',
    );
  }
  if (available.length === 0) throw usageError(`backup ${manifest.backup_id} holds nothing to restore`);
  return available;
}
