import type { RestoreCommand } from '../../applications/restore-port.ts';
import type { MachineTarget } from './machine-target.ts';
import type { Resolved } from './resolve.ts';

/** What a step of a restore does; together with the machine, where it is about one, this is its identity. */
export type StepKind =
  | 'start-databases'
  | 'launch'
  | 'running'
  | 'status-checks'
  | 'databases'
  | 'agent'
  | 'release'
  | 'elastic-ip'
  | 'dns'
  | 'command';

export interface PlannedStep {
  /** Unique within the restore; stands in the ledger and in `--resume`. */
  readonly name: string;
  readonly kind: StepKind;
  readonly title: string;
  /** Seconds after which the step has failed. */
  readonly limitSeconds: number;
  readonly onFailure: 'stop' | 'continue';
  readonly machine?: MachineTarget;
  readonly command?: RestoreCommand;
}

/** How long each wait of ours may take, in seconds. Generous: a slow start is no failure, a day without one is. */
const limits = {
  launch: 900,
  running: 600,
  statusChecks: 1200,
  agent: 900,
  move: 120,
  dns: 600,
} as const;

/**
 * Every step of a restore in its order: a pure function of what was resolved. Databases and machines are made at the
 * same time; nothing is done inside a machine before all of them are there, because the rewrite names them.
 */
export function plannedSteps(resolved: Resolved): readonly PlannedStep[] {
  const { machines, databases, application, request, plan } = resolved;
  const steps: PlannedStep[] = [];
  const add = (step: Omit<PlannedStep, 'onFailure'> & { readonly onFailure?: 'stop' | 'continue' }) =>
    steps.push({ onFailure: 'stop', ...step });
  if (databases.length > 0) {
    const title = 'begin to restore the databases beside the old ones';
    add({ name: 'start-databases', kind: 'start-databases', title, limitSeconds: limits.launch });
  }
  if (machines.length > 0) {
    add({ name: 'launch', kind: 'launch', title: launchTitle(machines), limitSeconds: limits.launch });
    const running = 'wait until the machine runs';
    add({ name: 'running', kind: 'running', title: running, limitSeconds: limits.running });
    const checks = 'wait until both status checks of the machine pass';
    add({ name: 'status-checks', kind: 'status-checks', title: checks, limitSeconds: limits.statusChecks });
  }
  if (databases.length > 0) {
    const title = 'wait until the databases accept connections';
    add({ name: 'databases', kind: 'databases', title, limitSeconds: plan.timeoutSeconds });
  }
  if (application && machines.length > 0) {
    const title = 'wait until Systems Manager reaches the machine';
    add({ name: 'agent', kind: 'agent', title, limitSeconds: limits.agent });
    for (const machine of machines) {
      for (const step of commandSteps(resolved, machine)) add(step);
    }
  }
  if (!application)
    for (const machine of machines) for (const step of moveSteps(resolved, machine)) add(step);
  if (request.dns !== undefined) {
    const title = `point ${request.dns.name} at the restored machine`;
    add({ name: 'dns', kind: 'dns', title, limitSeconds: limits.dns });
  }
  return steps;
}

/**
 * The machine's commands; it leaves the quarantine as soon as nothing of its old configuration is left. Then it gets
 * its public address, because the application is to start, and to be checked, with the one that it keeps.
 */
function commandSteps(
  { machines, application, request }: Resolved,
  machine: MachineTarget,
): readonly Omit<PlannedStep, 'onFailure'>[] {
  const commands = (application?.commands ?? []).filter(
    (command) => request.startApplication || !command.startsApplication,
  );
  const steps: Omit<PlannedStep, 'onFailure'>[] = commands.map((command) => ({
    ...named('command', machine, machines, command.name),
    ...{ title: command.title, limitSeconds: command.timeoutSeconds, onFailure: command.onFailure, command },
  }));
  const release = {
    ...named('release', machine, machines),
    ...{ title: 'take the machine out of quarantine', limitSeconds: limits.move },
  };
  const rewritten = commands.findLastIndex(({ purpose }) => purpose === 'rewrite') + 1;
  const released = machine.releaseGroups === undefined ? [] : [release];
  return steps.toSpliced(rewritten, 0, ...released, ...moveSteps({ machines, request }, machine));
}

function moveSteps(
  { machines, request }: Pick<Resolved, 'machines' | 'request'>,
  machine: MachineTarget,
): readonly Omit<PlannedStep, 'onFailure'>[] {
  if (request.elasticIp !== 'move') return [];
  const title = 'move the Elastic IP to the restored machine';
  return [{ ...named('elastic-ip', machine, machines), title, limitSeconds: limits.move }];
}

function named(
  kind: StepKind,
  machine: MachineTarget,
  machines: readonly MachineTarget[],
  name: string = kind,
) {
  return { name: machines.length === 1 ? name : `${name} ${machine.key}`, kind, machine };
}

const launchTitle = (machines: readonly MachineTarget[]): string => {
  const what = machines.length === 1 ? 'the machine' : `${machines.length} machines`;
  const held = machines.some(({ releaseGroups }) => releaseGroups !== undefined);
  return held ? `launch ${what} in quarantine, with the application held back` : `launch ${what}`;
};
