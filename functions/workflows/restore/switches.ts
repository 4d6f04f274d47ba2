import * as z from 'zod';
import type { AddressTaking } from '../../catalog/restore-documents.ts';
import { takingOf } from './look.ts';
import type { MachineTarget } from './machine-target.ts';
import type { KnownMachine } from './machines.ts';
import { attempt, perform, type Run } from './run.ts';
import type { PlannedStep } from './steps.ts';
import { waitUntil } from './wait.ts';

const nothing = { schema: z.null(), fallback: null };
const addressSchema = z.object({ public_ip: z.string() });
const dnsSchema = z.object({ address: z.string(), before: z.array(z.string()) });

/** Gives the machine its groups, now that nothing of its old configuration is left. */
export async function releaseMachine(
  run: Run,
  step: PlannedStep,
  machine: MachineTarget,
  id: string,
): Promise<void> {
  const { releaseGroups } = machine;
  if (releaseGroups === undefined) return;
  await perform(run, step, nothing, async () => {
    const released = await run.context.step(step.name, async () => {
      const outcome = await attempt(() => machine.restorer.release({ id, securityGroups: releaseGroups }));
      return 'failure' in outcome ? { failure: { ...outcome.failure } } : {};
    });
    if (released.failure) return { failure: released.failure };
    return { output: null, note: `groups ${releaseGroups.join(', ')}` };
  });
}

/** Moves the recorded Elastic IP and waits until the machine has it. */
export function moveElasticIp(
  run: Run,
  step: PlannedStep,
  machine: MachineTarget,
  id: string,
): Promise<{ public_ip: string }> {
  const { restorer, point } = machine;
  return perform(run, step, { schema: addressSchema, fallback: { public_ip: '' } }, async (begunAt) => {
    const expected = point.relaunch.public_ip;
    const { value, failure } = await waitUntil(run, step, {
      name: step.name,
      begunAt,
      initial: { public_ip: '' },
      lookAt: 'the Elastic IP addresses in the console',
      look: async () => {
        // Asked again: between a failure and a resume the old machine may have been started.
        const taking = takingOf(await restorer.oldMachine(point), id);
        if (taking !== undefined && !isConfirmed(run, taking)) {
          const reason = `${taking.address} is on ${taking.attached_to}, and nobody has confirmed that it may be taken from there: disassociate it, then resume the restore`;
          return { at: 'failed', value: { public_ip: '' }, failure: { reason } };
        }
        await restorer.moveElasticIp({ point, id });
        const standing = await restorer.poll({ id });
        if (standing.state === 'failed') {
          return { at: 'failed', value: { public_ip: '' }, failure: { reason: standing.reason } };
        }
        const address = standing.state === 'running' ? standing.facts.public_ip : undefined;
        return address !== undefined && address === expected
          ? { at: 'done', value: { public_ip: address } }
          : {
              at: 'pending',
              value: { public_ip: '' },
              detail: `the public address of ${id} is ${address ?? 'none'}`,
            };
      },
    });
    return failure === undefined ? { output: value, note: `${value.public_ip} is on ${id}` } : { failure };
  });
}

const isConfirmed = ({ record }: Run, { address, attached_to }: AddressTaking): boolean =>
  (record.confirmed_takings ?? []).some(
    (confirmed) => confirmed.address === address && confirmed.attached_to === attached_to,
  );

/**
 * Points the service's name at the machine and waits until every name server says so: its private address where the
 * record held the old private one or the machine has no public one, else the public one.
 */
export async function pointName(run: Run, step: PlannedStep, machine: KnownMachine, old: string | undefined) {
  const { dns } = (await run.resolved()).request;
  if (dns === undefined) return;
  const key = { zoneId: dns.hostedZoneId, name: dns.name };
  await perform(run, step, { schema: dnsSchema, fallback: { address: '', before: [] } }, async (begunAt) => {
    const upserted = await run.context.step(step.name, async () => {
      const outcome = await attempt(async () => {
        const before = (await run.deps.dns.read(key))?.values ?? [];
        const hidden = machine.public_ip === undefined || (old !== undefined && before.includes(old));
        const address = hidden ? machine.private_ip : machine.public_ip;
        const { changeId } = await run.deps.dns.upsert({ ...key, ttlSeconds: dns.ttl, address });
        return { changeId, address, before };
      });
      if ('failure' in outcome) return { failure: { ...outcome.failure } };
      return { change: { ...outcome.value, before: [...outcome.value.before] } };
    });
    if (upserted.failure) return { failure: upserted.failure };
    const { changeId, address, before } = upserted.change;
    const { failure } = await waitUntil(run, step, {
      name: `${step.name}: in sync`,
      begunAt,
      initial: null,
      lookAt: `the hosted zone ${dns.hostedZoneId}`,
      look: async () =>
        (await run.deps.dns.isInSync(changeId))
          ? { at: 'done', value: null }
          : { at: 'pending', value: null, detail: 'the name servers are being told' },
    });
    if (failure !== undefined) return { failure };
    const note = `${dns.name} is ${address}${before.length === 0 ? '' : `, was ${before.join(', ')}`}`;
    return { output: { address, before }, note };
  });
}
