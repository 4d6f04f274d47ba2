import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineFacts } from './cloud-init.ts';
import { type Endpoint, findEndpoints } from './endpoints.ts';
import type { MachineEvent, ReadFile, UnitCause, UnitEvent } from './events.ts';
import { readPlainFile } from './inside.ts';
import { digestOf } from './trust.ts';

/** What a connection would meet, by the network that the machine is in at this moment. */
export interface Surroundings {
  readonly facts: MachineFacts;
  /** Ids of the security groups. */
  readonly groups: readonly string[];
  /** Whether the groups let a connection out; a port that is not known needs a rule for all. */
  allows(host: string, port: number | undefined): boolean;
}

/** What the stand-ins left in a run's folder, as events of the machine: read with care, since a script could write there. */
export function recordedEvents(
  folder: string,
  startedAt: number,
  cause: UnitCause,
  around: Surroundings,
): MachineEvent[] {
  const events = join(folder, 'events');
  if (!lstatSync(events, { throwIfNoEntry: false })?.isDirectory()) return [];
  const names = readdirSync(events, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{4}$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
  return names.flatMap((name) => eventsOf(join(events, name), startedAt, cause, around));
}

/** Sandbox milliseconds that passed in a run. */
export function elapsedIn(folder: string): number {
  const elapsed = Number(readPlainFile(join(folder, 'elapsed')));
  return Number.isFinite(elapsed) && elapsed > 0 ? elapsed : 0;
}

/** Whether a run slept to the end of its time. */
export const sleptTooLong = (folder: string): boolean =>
  lstatSync(join(folder, 'timed-out'), { throwIfNoEntry: false })?.isFile() ?? false;

const actions = ['start', 'stop', 'refused', 'skipped', 'failed'] as const;

function eventsOf(folder: string, startedAt: number, cause: UnitCause, around: Surroundings): MachineEvent[] {
  const read = (name: string): string => readPlainFile(join(folder, name))?.split('\n')[0] ?? '';
  const at = startedAt + elapsedIn(folder);
  const detail = read('detail');
  if (read('kind') === 'tool') return [{ at, kind: 'tool', detail, cause }];
  const action = actions.find((known) => known === read('action'));
  const unit = read('unit');
  if (action === undefined || unit === '') return [];
  const plain: UnitEvent = { at, kind: 'unit', action, unit, cause, ...(detail === '' ? {} : { detail }) };
  if (action !== 'start') return [plain];

  const files = (readPlainFile(join(folder, 'paths')) ?? '')
    .split('\n')
    .filter((path) => path !== '')
    .map((path, index) => ({ path, text: readPlainFile(join(folder, `file.${index + 1}`)) ?? '' }));
  const connections = files.flatMap(({ path, text }) =>
    findEndpoints(text)
      .filter((endpoint) => !isItself(endpoint, around.facts))
      .map(({ host, port }) => ({ host, port, file: path })),
  );
  const distinct = new Map(connections.map((one) => [`${one.host}:${one.port ?? ''}`, one]));
  return [
    {
      ...plain,
      execStart: read('exec'),
      configuration: files.map(({ path, text }): ReadFile => ({ path, sha256: digestOf(text) })),
      hosts: [...new Set(files.flatMap(({ text }) => findEndpoints(text).map(({ host }) => host)))],
    },
    ...[...distinct.values()].map(
      ({ host, port, file }): MachineEvent => ({
        ...{ at, kind: 'connection', unit, host, port, file },
        groups: around.groups,
        allowed: around.allows(host, port),
      }),
    ),
  ];
}

function isItself({ host }: Endpoint, facts: MachineFacts): boolean {
  return [facts.privateIp, facts.publicIp, facts.privateDns].includes(host);
}
