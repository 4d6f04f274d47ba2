import * as z from 'zod';
import type { MachineFacts } from '../../drivers/restorer.ts';
import { finalOrder } from './look.ts';
import type { MachineTarget } from './machine-target.ts';
import { type Failure, type Outcome, perform, type Run } from './run.ts';
import type { PlannedStep } from './steps.ts';
import { type Look, waitUntil } from './wait.ts';

/** By `<kind>/<id>` of the source. */
export type MachineIds = { readonly [source: string]: string };
export type FactsBySource = { readonly [source: string]: KnownMachine };
/** As `MachineFacts`, closed over plain data. */
export type KnownMachine = MachineFacts & { readonly [key: string]: string | readonly string[] | undefined };

const idsSchema = z.record(z.string(), z.string());
const factsSchema: z.ZodType<FactsBySource> = z.record(
  z.string(),
  z.object({
    id: z.string(),
    private_ip: z.string(),
    ipv6: z.array(z.string()),
    public_ip: z.string().exactOptional(),
    private_dns: z.string().exactOptional(),
    public_dns: z.string().exactOptional(),
    hostname: z.string().exactOptional(),
    subnet: z.string(),
    availability_zone: z.string(),
    instance_type: z.string(),
    security_groups: z.array(z.string()),
  }),
);

/** Launches every machine; one that must wait for a limit is asked for again, the others do not wait for it. */
export async function launchMachines(run: Run, step: PlannedStep): Promise<MachineIds> {
  const ids = await perform<{ [source: string]: string }>(
    run,
    step,
    { schema: idsSchema, fallback: {} },
    async (begunAt) => {
      const { value, failure } = await waitUntil<{ [source: string]: string }>(run, step, {
        name: 'launch',
        begunAt,
        initial: {},
        lookAt: 'the limits of the account for this type of machine, and its capacity in the zone',
        look: (launched) => launchThoseLeft(run, launched),
      });
      for (const [source, id] of Object.entries(value)) run.launched.set(source, id);
      return failure === undefined ? { output: value } : { failure };
    },
  );
  for (const [source, id] of Object.entries(ids)) run.launched.set(source, id);
  return ids;
}

async function launchThoseLeft(
  run: Run,
  launched: { readonly [source: string]: string },
): Promise<Look<{ [source: string]: string }>> {
  const resolved = await run.resolved();
  const value = { ...launched };
  const waiting: string[] = [];
  const failures: string[] = [];
  for (const machine of resolved.machines) {
    if (value[machine.key] !== undefined) continue;
    const order = await finalOrder(resolved, machine);
    let outcome = await machine.restorer.launch(order);
    if (outcome.state === 'failed' && outcome.addressTaken && resolved.request.privateIp === 'auto') {
      const { privateIp: _, ...anyAddress } = order;
      outcome = await machine.restorer.launch(anyAddress);
    }
    if (outcome.state === 'launched') value[machine.key] = outcome.id;
    else (outcome.state === 'wait' ? waiting : failures).push(`${machine.key}: ${outcome.reason}`);
  }
  if (failures.length > 0) return { at: 'failed', value, failure: { reason: failures.join('; ') } };
  return waiting.length > 0 ? { at: 'pending', value, detail: waiting.join('; ') } : { at: 'done', value };
}

/** Waits until every machine runs. */
export async function awaitRunning(run: Run, step: PlannedStep, ids: MachineIds): Promise<void> {
  await perform(run, step, { schema: z.null(), fallback: null }, async (begunAt) =>
    ended(
      await waitUntil(run, step, {
        name: 'running',
        begunAt,
        initial: null,
        lookAt: `the state reason of ${Object.values(ids).join(', ')}, and the key that encrypts the volumes`,
        look: async () => {
          const { pending, failed } = await lookAtMachines(run, ids, () => undefined);
          if (failed) return { at: 'failed', value: null, failure: failed };
          return pending === undefined
            ? { at: 'done', value: null }
            : { at: 'pending', value: null, detail: pending };
        },
      }),
    ),
  );
}

/** Waits until both status checks of every machine pass, and answers what the machines are called now. */
export function awaitStatusChecks(run: Run, step: PlannedStep, ids: MachineIds): Promise<FactsBySource> {
  return perform<{ [source: string]: KnownMachine }>(
    run,
    step,
    { schema: factsSchema, fallback: {} },
    async (begunAt) => {
      const { value, failure } = await waitUntil<{ [source: string]: KnownMachine }>(run, step, {
        name: 'status-checks',
        begunAt,
        initial: {},
        lookAt: `the system log and the screenshot of ${Object.values(ids).join(', ')} in the console`,
        look: async (known) => {
          const facts = { ...known };
          const { pending, failed } = await lookAtMachines(run, ids, (source, standing) => {
            if (standing.statusChecks !== 'passed') return `its status checks: ${standing.statusChecks}`;
            facts[source] = { ...standing.facts };
            return undefined;
          });
          if (failed) return { at: 'failed', value: facts, failure: failed };
          return pending === undefined
            ? { at: 'done', value: facts }
            : { at: 'pending', value: facts, detail: pending };
        },
      });
      return failure === undefined ? { output: value } : { failure };
    },
  );
}

type Running = Extract<Awaited<ReturnType<MachineTarget['restorer']['poll']>>, { state: 'running' }>;

/** One look at all; `judge` answers what a running machine still lacks. */
async function lookAtMachines(
  run: Run,
  ids: MachineIds,
  judge: (source: string, standing: Running) => string | undefined,
): Promise<{ readonly pending?: string; readonly failed?: Failure }> {
  const { machines } = await run.resolved();
  const pending: string[] = [];
  for (const { key, restorer } of machines) {
    const id = ids[key];
    if (id === undefined) continue;
    const standing = await restorer.poll({ id });
    if (standing.state === 'failed') return { failed: { reason: `${id}: ${standing.reason}` } };
    const lacks = standing.state === 'pending' ? standing.detail : judge(key, standing);
    if (lacks !== undefined) pending.push(`${id}: ${lacks}`);
  }
  return pending.length === 0 ? {} : { pending: pending.join('; ') };
}

const ended = (end: { readonly failure?: Failure }): Outcome<null> =>
  end.failure === undefined ? { output: null } : { failure: end.failure };
