import type { CommandFacts } from '../../applications/restore-port.ts';
import type { WorkPlan } from '../../plan/config.ts';
import { parseRestoreRequest } from '../../plan/restore-request.ts';
import { usageError } from '../../shared/errors.ts';
import type { PlannedCall } from '../../shared/planned-call.ts';
import { documentsOf } from './commands.ts';
import { knownParameters } from './known-parameters.ts';
import { canKeepAddress, lookAhead } from './look.ts';
import { type MachineTarget, textAt, textsAt } from './machine-target.ts';
import type { RestoreDependencies, RestoreInput, RestorePlan } from './ports.ts';
import { endpointsIn, findBackup, type Resolved, resolve } from './resolve.ts';
import { plannedSteps } from './steps.ts';

/** What a restore would do, without doing any of it: reads, and writes nothing anywhere. */
export async function planRestore(
  deps: RestoreDependencies,
  plan: WorkPlan,
  input: RestoreInput,
): Promise<RestorePlan> {
  if (input.request === undefined) throw usageError('a dry run needs a request', 'leave out --resume');
  const request = parseRestoreRequest(input.request);
  const standing = await deps.journal.read(plan.name, input.requestId);
  const manifest = await findBackup(
    deps,
    plan,
    // The ID of a request that was made before stands for what it meant then.
    standing === undefined ? request : { ...request, backup: standing.backup_id },
  );
  const resolved = resolve(deps, plan, request, input.requestId, manifest);
  const outlook = await lookAhead(deps, resolved);
  const documents = await deps.commands.survey(documentsOf(resolved.machines, resolved.application));
  const replacements: Record<string, RestorePlan['replacements']> = {};
  for (const machine of resolved.machines) {
    replacements[machine.key] = await expectedReplacements(resolved, machine);
  }
  return {
    plan: plan.name,
    backup_id: manifest.backup_id,
    application: manifest.application?.profile ?? null,
    sources: [
      ...resolved.databases.map(({ key, order }) => ({ source: key, recovery_point: order.point.id })),
      ...resolved.machines.map(({ key, point }) => ({ source: key, recovery_point: point.id })),
    ],
    calls: [...documents.calls.map((call) => ({ step: 'prepare', ...call })), ...callsOf(deps, resolved)],
    files: resolved.machines.length === 0 ? [] : (resolved.application?.fileRules ?? []),
    replacements: resolved.application === undefined ? [] : Object.values(replacements).flat(),
    steps: plannedSteps(resolved).map(({ name, title, limitSeconds, onFailure }) => ({
      ...{ name, title, limitSeconds, onFailure },
    })),
    warnings: outlook.warnings,
    remains: resolved.machines.flatMap(
      (machine) =>
        resolved.application?.remains(expectedFacts(resolved, machine, replacements[machine.key] ?? [])) ??
        [],
    ),
    problems: [...outlook.problems, ...documents.problems],
    confirm: outlook.confirm,
  };
}

const newMachine = (machine: MachineTarget): string => `<restored ${machine.key}>`;

function callsOf(deps: RestoreDependencies, resolved: Resolved): RestorePlan['calls'] {
  const { request, databases, machines, application } = resolved;
  const calls: (PlannedCall & { readonly step: string })[] = [];
  const add = (step: string, planned: readonly PlannedCall[]) =>
    calls.push(...planned.map((call) => ({ step, ...call })));
  /** Calls of a machine that belong to later steps, in their order. */
  const later: PlannedCall[] = [];
  for (const { restorer, order } of databases) add('start-databases', restorer.describe(order));
  for (const step of plannedSteps(resolved)) {
    const { machine, command } = step;
    if (step.kind === 'launch') {
      for (const each of machines) {
        const { releaseGroups } = each;
        const withUserData = application
          ? { ...each.order, userData: application.launchUserData({ sshHostKeys: request.sshHostKeys }) }
          : each.order;
        const [launch, ...then] = each.restorer.describe(withUserData, {
          ...(releaseGroups === undefined ? {} : { releaseGroups }),
          moveElasticIp: request.elasticIp === 'move',
        });
        if (launch) add('launch', [launch]);
        later.push(...then);
      }
    }
    if (step.kind === 'release' || step.kind === 'elastic-ip') add(step.name, later.splice(0, 1));
    if (machine && command) {
      const described = deps.commands.describe({
        machine: newMachine(machine),
        document: command.document,
        parameters: knownParameters(resolved, machine, command),
        timeoutSeconds: command.timeoutSeconds,
        token: `snapkeep ${resolved.identity.restoreId}`,
      });
      add(step.name, [described]);
    }
    if (step.kind === 'dns' && request.dns !== undefined) {
      const { hostedZoneId, name, ttl } = request.dns;
      add('dns', [
        deps.dns.describe({ zoneId: hostedZoneId, name, ttlSeconds: ttl, address: '<new address>' }),
      ]);
    }
  }
  return calls;
}

/** Old values as recorded; new ones where they can be known before the launch. */
async function expectedReplacements(
  resolved: Resolved,
  machine: MachineTarget,
): Promise<RestorePlan['replacements']> {
  const { request } = resolved;
  const { relaunch } = machine.point;
  const kept = await canKeepAddress(machine);
  const unknown = '<assigned at the launch>';
  const found: { what: string; old: string; new: string }[] = [];
  const add = (what: string, old: string | undefined, next: string) => {
    if (old !== undefined && old !== next) found.push({ what, old, new: next });
  };
  add('private address', textAt(relaunch, 'private_ip'), kept ? (machine.oldAddress ?? unknown) : unknown);
  for (const address of textsAt(relaunch, 'ipv6')) add('IPv6 address', address, unknown);
  const publicIp = textAt(relaunch, 'public_ip');
  add('public address', publicIp, request.elasticIp === 'move' ? (publicIp ?? unknown) : unknown);
  for (const [what, key] of [
    ['private DNS name', 'private_dns'],
    ['host name', 'hostname'],
  ] as const) {
    const old = textAt(relaunch, key);
    add(what, old, kept ? (old ?? unknown) : unknown);
  }
  add(
    'public DNS name',
    textAt(relaunch, 'public_dns'),
    request.elasticIp === 'move' ? (textAt(relaunch, 'public_dns') ?? unknown) : unknown,
  );
  const service = textAt(relaunch, 'service_name');
  add('service name', service, request.hostname ?? service ?? unknown);
  for (const { key, order, restorer } of resolved.databases) {
    for (const [what, old] of endpointsIn(order.point.relaunch)) {
      add(`${what} of ${key}`, old, `<${what} of ${restorer.targetId(order)}>`);
    }
  }
  return found;
}

function expectedFacts(
  { request, identity }: Resolved,
  machine: MachineTarget,
  replacements: RestorePlan['replacements'],
): CommandFacts {
  const old = textAt(machine.point.relaunch, 'service_name');
  const serviceName = request.hostname ?? old;
  return {
    restoreId: identity.restoreId,
    machine: newMachine(machine),
    change: { replacements, gone: [], own: [] },
    privateAddress: '<private address>',
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(old === undefined ? {} : { oldServiceName: old }),
    sshHostKeys: request.sshHostKeys,
  };
}
