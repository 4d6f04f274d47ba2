import { createHash } from 'node:crypto';
import type { Reservation, RunInstancesRequest } from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidCombination, invalidValue } from '../errors.ts';
import { failLaunch, instanceState } from '../model/instances.ts';
import { launch } from '../model/launch.ts';
import { resolveTemplate } from '../model/launch-templates.ts';
import { freeAddresses } from '../model/network.ts';
import type { InstanceRecord } from '../model/records.ts';
import type { Ec2Shared, RegionState } from '../model/region.ts';
import { readTagSpecifications, tagsFor } from '../model/tags.ts';
import { viewInstance } from '../view-instance.ts';
import { planLaunch } from './launch-plan.ts';

const taggable = ['instance', 'volume', 'network-interface'] as const;
/** Accepted, though the sandbox makes no such resource: spot requests and the like. */
const alsoTaggable = ['spot-instances-request', 'elastic-gpu'] as const;

export function runInstancesRoutes(shared: Ec2Shared) {
  const RunInstances: Handler<RunInstancesRequest, Reservation> = (
    request,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const owner = caller.account;
    const input = withTemplate(region, owner, request);
    const { minimum, maximum } = counts(input);

    const token = rememberedLaunch(region, owner, request, now);
    if (token.instances) return viewReservation(region, token.instances, owner, now);

    const tags = readTagSpecifications(input.TagSpecifications, [...taggable, ...alsoTaggable]);
    const plan = planLaunch(region, owner, input, maximum, now);
    const [primary] = plan.interfaces;
    // As many as the subnet has room for, but not fewer than the minimum.
    const room = primary && 'subnet' in primary.target ? freeAddresses(primary.target.subnet) : maximum;
    if (room < minimum)
      throw ec2Error(
        'InsufficientFreeAddressesInSubnet',
        `The subnet has ${room} free addresses, which is fewer than the ${minimum} that the request needs.`,
      );
    endDryRun(input.DryRun);

    const reservationId = region.newId('r-');
    const runningAt = now + shared.settings.instancePendingSeconds * 1000;
    const instances = Array.from({ length: Math.min(maximum, room) }, (_, launchIndex) =>
      launch(region, {
        ...plan,
        seeded: false,
        reservationId,
        launchIndex,
        runningAt,
        tags: {
          instance: tagsFor(tags, 'instance'),
          volume: tagsFor(tags, 'volume'),
          networkInterface: tagsFor(tags, 'network-interface'),
        },
      }),
    );
    if (
      plan.volumes.some(
        ({ plan: { kmsKeyId } }) => kmsKeyId !== undefined && shared.failingKeys.has(kmsKeyId),
      )
    )
      for (const instance of instances) failLaunch(region, instance, runningAt);
    const image = region.images.get(plan.imageId);
    if (image) image.lastLaunchedAt = now;
    token.remember(instances);
    return viewReservation(region, instances, owner, now);
  };
  return { RunInstances };
}

function counts(input: RunInstancesRequest): { minimum: number; maximum: number } {
  const minimum = input.MinCount ?? 0;
  const maximum = input.MaxCount ?? 0;
  if (minimum < 1)
    throw invalidValue(
      `Value ( ${minimum} ) for parameter minCount is invalid. Expecting a value greater than 0.`,
    );
  if (maximum < minimum)
    throw invalidValue(
      `Value ( ${maximum} ) for parameter maxCount is invalid. It may not be less than minCount, which is ${minimum}.`,
    );
  if (maximum > 1 && input.PrivateIpAddress !== undefined)
    throw invalidCombination(
      'A private IP address can be chosen for one instance only; the request asks for more.',
    );
  return { minimum, maximum };
}

/** What the launch template says, under what the request itself says. */
function withTemplate(region: RegionState, owner: string, request: RunInstancesRequest): RunInstancesRequest {
  if (!request.LaunchTemplate) return request;
  const template = resolveTemplate(region, owner, request.LaunchTemplate);
  const said = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  // Sound: both sides are members of RunInstancesRequest, and MinCount and MaxCount come from the request.
  return { ...template, ...said } as RunInstancesRequest;
}

/** The client token's memory: a repeated request is answered with the instances of the first one. */
function rememberedLaunch(region: RegionState, owner: string, request: RunInstancesRequest, now: number) {
  const { ClientToken, DryRun: _, ...rest } = request;
  if (ClientToken === undefined || ClientToken === '')
    return { instances: undefined, remember: () => undefined };
  if (ClientToken.length > 64) throw invalidValue('The client token may have at most 64 ASCII characters.');
  const key = `${owner}/RunInstances/${ClientToken}`;
  const fingerprint = createHash('sha256').update(canonical(rest)).digest('hex');
  const known = region.clientTokens.get(key);
  if (known && known.fingerprint !== fingerprint)
    throw ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  const instances = known?.ids.flatMap((id) => region.instances.get(id) ?? []);
  if (instances?.some((instance) => /^(shutting-down|terminated)$/.test(instanceState(instance, now))))
    throw ec2Error(
      'IdempotentInstanceTerminated',
      'An instance that was launched with this client token has been terminated.',
    );
  return {
    instances,
    remember: (made: readonly InstanceRecord[]) =>
      region.clientTokens.set(key, { fingerprint, ids: made.map(({ id }) => id) }),
  };
}

/** JSON that does not depend on the order of members. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function viewReservation(
  region: RegionState,
  instances: readonly InstanceRecord[],
  owner: string,
  now: number,
): Reservation {
  return {
    ReservationId: instances[0]?.reservationId,
    OwnerId: owner,
    Groups: [],
    Instances: instances.map((instance) => viewInstance(region, instance, now)),
  };
}
