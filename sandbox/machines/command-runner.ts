import type { DocumentStep } from '../services/ssm/document-content.ts';
import type { CommandRequest, CommandResult, CommandRunner } from '../services/ssm/model.ts';
import type { Executor } from './executor.ts';
import type { MachineHome } from './home.ts';
import type { Machine } from './machine.ts';
import type { Surroundings } from './recorded-events.ts';
import { knowsEnvironmentParameters, type MachineSettings } from './settings.ts';
import type { Trust } from './trust.ts';

/** A machine that a command reaches. */
export interface CommandTarget {
  readonly machine: Machine;
  readonly home: MachineHome;
  readonly agentVersion: string;
  around(): Surroundings;
}

export interface RunnerOptions {
  readonly executor: Executor;
  readonly trust: Trust;
  readonly settings: MachineSettings;
  /** @throws Error when there is no such machine (any longer) */
  target(region: string, instanceId: string): CommandTarget;
}

/**
 * Runs the shell scripts of a document on the machine's tree, step by step: those of trusted documents through the
 * root line, all others inside of the tree, where this computer can do that; else the command fails and says why.
 */
export function createCommandRunner(options: RunnerOptions): CommandRunner {
  return async (request) => {
    const target = options.target(request.region, request.instanceId);
    const result = await runSteps(request, target, options);
    target.machine.record({
      at: request.startedAt + result.durationSeconds * 1000,
      kind: 'command',
      detail: request.documentName,
      commandId: request.commandId,
      exitCode: result.exitCode,
    });
    return result;
  };
}

async function runSteps(
  request: CommandRequest,
  target: CommandTarget,
  { executor, trust, settings }: RunnerOptions,
): Promise<CommandResult> {
  const trusted = trust.trusts(request.text);
  const { machine, home } = target;
  const around = target.around();
  home.setFacts(around.facts);
  let exitCode = 0;
  let stdout = '';
  let stderr = '';
  let seconds = settings.commandOverheadSeconds;
  for (const step of request.content.steps) {
    const limitSeconds = limitOf(step.inputs.timeoutSeconds, request);
    const script = scriptOf(step, request, target.agentVersion, trusted);
    const outcome =
      'refusal' in script
        ? { kind: 'refused' as const, reason: script.refusal }
        : await executor.run({
            ...{ home, root: machine.root(), script: script.text, trusted, around, cause: 'command' },
            env: environmentOf(request, target.agentVersion),
            at: request.startedAt + seconds * 1000,
            limitSeconds,
            realSeconds: settings.commandSeconds,
          });
    if (outcome.kind === 'refused')
      return { exitCode: 1, stdout, stderr: `${stderr}${outcome.reason}\n`, durationSeconds: seconds };
    for (const event of outcome.events) machine.record(event);
    stdout += outcome.stdout;
    stderr += outcome.stderr;
    if (outcome.exitCode !== 0) exitCode = outcome.exitCode;
    // More time than allowed is what the service reads as an execution time-out.
    seconds += outcome.timedOut ? limitSeconds + 1 : outcome.elapsedSeconds;
    if (outcome.timedOut || (outcome.exitCode !== 0 && step.inputs.onFailure === 'exit')) break;
  }
  return { exitCode, stdout, stderr, durationSeconds: seconds };
}

/** `runCommand` of a step, a list of lines or one text, with its references filled in as the agent does it. */
function scriptOf(
  step: DocumentStep,
  request: CommandRequest,
  agentVersion: string,
  trusted: boolean,
): { text: string } | { refusal: string } {
  if (step.action !== 'aws:runShellScript')
    return { refusal: `The sandbox does not carry out the action ${step.action} of the step ${step.name}.` };
  const { runCommand } = step.inputs;
  const lines = Array.isArray(runCommand) ? runCommand.map(String) : [String(runCommand ?? '')];
  // A value that becomes part of the script would make it another one than the one that is vouched for.
  if (trusted && lines.some((line) => referenced(line, request).length > 0))
    return { refusal: 'The document is trusted, but its script takes parameters as program text.' };
  const filled = lines.flatMap((line) => fillIn(line, request, agentVersion));
  return { text: `${filled.join('\n')}\n` };
}

const reference = /\{\{\s*([\w.-]+)\s*\}\}/g;

const referenced = (line: string, { content }: CommandRequest): string[] =>
  [...line.matchAll(reference)].flatMap(([, name = '']) =>
    Object.hasOwn(content.parameters, name) ? [name] : [],
  );

function fillIn(line: string, request: CommandRequest, agentVersion: string): string[] {
  const whole = /^\{\{\s*([\w.-]+)\s*\}\}$/.exec(line)?.[1];
  const list = whole === undefined ? undefined : request.parameters[whole];
  // The one parameter of AWS-RunShellScript: a list stands for as many lines.
  if (list && request.content.parameters[whole ?? '']?.type === 'StringList') return [...list];
  return [
    line.replace(reference, (text, name: string) => {
      const values = request.parameters[name];
      if (!values) return text;
      const { type, interpolationType } = request.content.parameters[name] ?? {};
      if (interpolationType === 'ENV_VAR' && knowsEnvironmentParameters(agentVersion))
        return `\${SSM_${name}}`;
      return type === 'StringList' ? JSON.stringify(values) : (values[0] ?? '');
    }),
  ];
}

function environmentOf(request: CommandRequest, agentVersion: string): Record<string, string> {
  if (!knowsEnvironmentParameters(agentVersion)) return {};
  return Object.fromEntries(
    Object.entries(request.content.parameters).flatMap(([name, { interpolationType }]) =>
      interpolationType === 'ENV_VAR' ? [[`SSM_${name}`, request.parameters[name]?.[0] ?? '']] : [],
    ),
  );
}

/** Seconds of sandbox time, maybe by way of a parameter; an hour when the step does not say. */
function limitOf(input: unknown, request: CommandRequest): number {
  const name = /^\{\{\s*(\S+?)\s*\}\}$/.exec(String(input ?? ''))?.[1];
  const seconds = Number(name === undefined ? input : request.parameters[name]?.[0]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 3600;
}
