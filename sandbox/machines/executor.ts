import type { MachineEvent, UnitCause } from './events.ts';
import { type MachineHome, type RunFolder, standIns } from './home.ts';
import { hasShell, isolated, isolationProblem } from './isolation.ts';
import { type ProcessPlan, type ProcessResult, run, runNow } from './processes.ts';
import { elapsedIn, recordedEvents, type Surroundings, sleptTooLong } from './recorded-events.ts';
import { atRoot } from './trust.ts';

/** A script that is about to run on a machine. */
export interface ScriptOrder {
  readonly home: MachineHome;
  /** The machine's `/` as a directory of this computer. */
  readonly root: string;
  readonly script: string;
  /** Whether the text that the script came from is vouched for; any other runs isolated, or not at all. */
  readonly trusted: boolean;
  /** Beside PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly cause: UnitCause;
  /** Sandbox time in milliseconds. */
  readonly at: number;
  /** Sandbox seconds that it may take, and real ones. */
  readonly limitSeconds: number;
  readonly realSeconds: number;
  readonly around: Surroundings;
}

export type ScriptOutcome =
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'ran';
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
      /** Sandbox time that its sleeps took. */
      readonly elapsedSeconds: number;
      readonly timedOut: boolean;
      readonly events: readonly MachineEvent[];
    };

interface Prepared {
  readonly plan: ProcessPlan;
  finish(result: ProcessResult): ScriptOutcome;
}

/** Runs scripts on machines' trees, so that nothing outside of the tree can be touched. */
export class Executor {
  readonly #tools: () => string;

  /** @param tools the folder of plain tools for trusted scripts, made on first use */
  constructor(tools: () => string) {
    this.#tools = tools;
  }

  async run(order: ScriptOrder): Promise<ScriptOutcome> {
    const prepared = this.#prepare(order);
    return 'plan' in prepared ? prepared.finish(await run(prepared.plan)) : prepared;
  }

  /** The same, done when it returns: for what happens inside of an event of the world. */
  runNow(order: ScriptOrder): ScriptOutcome {
    const prepared = this.#prepare(order);
    return 'plan' in prepared ? prepared.finish(runNow(prepared.plan)) : prepared;
  }

  #prepare(order: ScriptOrder): Prepared | Extract<ScriptOutcome, { kind: 'refused' }> {
    return order.trusted ? this.#trusted(order) : this.#isolated(order);
  }

  #trusted(order: ScriptOrder): Prepared | Extract<ScriptOutcome, { kind: 'refused' }> {
    const placed = atRoot(order.script, order.root);
    if ('refusal' in placed) return { kind: 'refused', reason: placed.refusal };
    const folder = order.home.openRun({ ...order, script: placed.script }, this.#tools());
    const plan: ProcessPlan = {
      command: '/bin/sh',
      args: ['-c', 'umask 022; exec /bin/sh "$0"', folder.script],
      cwd: order.root,
      env: {
        ...order.env,
        PATH: `${folder.path}/bin:${folder.path}/tools`,
        // Scripts with a root of their own act on a running system through these programs only.
        SNAPKEEP_STAND_INS: `${folder.path}/bin`,
      },
      limitSeconds: order.realSeconds,
    };
    return { plan, finish: (result) => outcomeOf(order, folder, result) };
  }

  #isolated(order: ScriptOrder): Prepared | Extract<ScriptOutcome, { kind: 'refused' }> {
    const problem = isolationProblem();
    const why = 'The sandbox does not know this script by its digest, so it would run isolated only';
    if (problem !== undefined) return { kind: 'refused', reason: `${why}, and ${problem}.` };
    if (!hasShell(order.root))
      return { kind: 'refused', reason: `${why}, and the machine's tree has no /bin/sh to run it with.` };
    const folder = order.home.openIsolatedRun({ ...order, root: '' });
    return {
      plan: isolated(order.root, folder.path, standIns, order.env, order.realSeconds),
      finish: (result) => {
        order.home.takeBack(folder);
        return outcomeOf(order, folder, result);
      },
    };
  }
}

function outcomeOf(order: ScriptOrder, folder: RunFolder, result: ProcessResult): ScriptOutcome {
  const { exitCode, stdout, stderr } = result;
  return {
    ...{ kind: 'ran', exitCode, stdout, stderr },
    elapsedSeconds: elapsedIn(folder.path) / 1000,
    timedOut: result.timedOut || sleptTooLong(folder.path),
    events: recordedEvents(folder.path, order.at, order.cause, order.around),
  };
}
