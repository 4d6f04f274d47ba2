import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boothookOf } from '../../functions/applications/user-data.ts';
import { circleci, newMachine, oldMachine, scriptOf, valuesOf } from '../support/circleci-restore.ts';
import {
  contentOf,
  freshFolder,
  inTree,
  plant,
  runScript,
  snapshot,
  standIns,
  type TreeEntry,
} from '../support/machine-tree.ts';

const { profile, documents } = circleci();
const boothook = boothookOf(profile.units).text.replace(/^#cloud-boothook\n/, '');
const startUnits = scriptOf(documents, 'start-units');

const machineEntries: Record<string, TreeEntry> = {
  '/etc/systemd/system/replicated.service': '[Service]\n',
  '/etc/systemd/system/replicated-ui.service': '[Service]\n',
  '/etc/systemd/system/multi-user.target.wants/replicated.service': {
    link: '/etc/systemd/system/replicated.service',
  },
  '/usr/lib/systemd/system/docker.service': '[Service]\n',
  '/var/lib/cloud/data/instance-id': 'i-0ddd3333eee44444f\n',
};
const instance = { INSTANCE_ID: 'i-0ddd3333eee44444f' };
const hold = (root: string, env: Record<string, string> = instance, standInFolder?: string) =>
  runScript(
    inTree(boothook, root),
    {},
    { env, ...(standInFolder === undefined ? {} : { standIns: standInFolder }) },
  );

const isMasked = (root: string, unit: string): boolean => {
  const path = join(root, 'etc/systemd/system', unit);
  return (
    lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true &&
    readlinkSync(path) === '/dev/null'
  );
};

test('the boothook masks every unit, moves unit files that would win aside, and takes back starts that wait', () => {
  const root = plant(freshFolder(), machineEntries);
  const systemctl = standIns({ systemctl: 'exit 0' });
  expect(hold(root, instance, systemctl.folder)).toEqual({ status: 0, stdout: '', stderr: '' });
  for (const unit of profile.units) expect(`${unit} ${isMasked(root, unit)}`).toBe(`${unit} true`);
  expect(contentOf(root, '/var/lib/snapkeep/units/replicated.service')).toBe('[Service]\n');
  expect(systemctl.calls()).toEqual([
    'systemctl daemon-reload',
    ...profile.units.map((unit) => `systemctl --no-block stop ${unit}`),
  ]);
  const after = snapshot(root);
  expect(hold(root, instance, systemctl.folder).status).toBe(0);
  expect(snapshot(root)).toEqual(after);
});

test('starting releases the units as they were, then starts those that are there in the order of the profile', () => {
  const root = plant(freshFolder(), machineEntries);
  const before = snapshot(root);
  const systemctl = standIns({ systemctl: 'exit 0' });
  hold(root);
  const run = runScript(inTree(startUnits, root), {}, { standIns: systemctl.folder });
  expect(run).toEqual({
    status: 0,
    stdout:
      'unit docker.service start\nunit replicated.service start\nunit replicated-ui.service start\nunit replicated-operator.service absent\n',
    stderr: '',
  });
  expect(systemctl.calls()).toEqual([
    'systemctl daemon-reload',
    'systemctl start docker.service',
    'systemctl start replicated.service',
    'systemctl start replicated-ui.service',
  ]);
  expect(snapshot(root)).toEqual({ ...before, ...pick(snapshot(root), '/var/lib') });
});

test('a later boot of the same instance leaves released units alone; an image of it holds them again', () => {
  const root = plant(freshFolder(), machineEntries);
  hold(root);
  runScript(inTree(startUnits, root), {}, { standIns: standIns({ systemctl: 'exit 0' }).folder });
  expect(hold(root).status).toBe(0);
  expect(isMasked(root, 'replicated.service')).toBe(false);
  expect(hold(root, { INSTANCE_ID: 'i-0eee5555fff66666a' }).status).toBe(0);
  expect(isMasked(root, 'replicated.service')).toBe(true);
  expect(hold(root, {}).status).toBe(0);
});

test('a unit that somebody masked before stays masked', () => {
  const root = plant(freshFolder(), {
    ...machineEntries,
    '/etc/systemd/system/replicated-operator.service': { link: '/dev/null' },
  });
  hold(root);
  const run = runScript(inTree(startUnits, root), {}, { standIns: standIns({ systemctl: 'exit 0' }).folder });
  expect(run.stdout).toContain('unit replicated-operator.service masked\n');
  expect(isMasked(root, 'replicated-operator.service')).toBe(true);
});

test('a unit that does not start ends the step with its name and exit code', () => {
  const root = plant(freshFolder(), machineEntries);
  const systemctl = standIns({ systemctl: 'case "$*" in "start replicated.service") exit 5 ;; esac' });
  const run = runScript(inTree(startUnits, root), {}, { standIns: systemctl.folder });
  expect(run).toMatchObject({ status: 5, stderr: 'snapkeep: the unit replicated.service did not start.\n' });
});

test('in a tree, a command that is no stand-in is never called', () => {
  const root = plant(freshFolder(), machineEntries);
  const real = standIns({ systemctl: 'exit 0', service: 'exit 0' });
  const run = runScript(inTree(startUnits, root), {}, { before: real.folder });
  expect(run).toMatchObject({
    status: 69,
    stderr: expect.stringContaining('service is not available here.'),
  });
  expect(real.calls()).toEqual([]);
});

test('a service of a machine without systemd is started by its older name', () => {
  const root = plant(freshFolder(), { '/etc/init.d/replicated': '#!/bin/sh\n' });
  const service = standIns({ service: 'exit 0' });
  expect(runScript(inTree(startUnits, root), {}, { standIns: service.folder }).status).toBe(0);
  expect(service.calls()).toEqual(['service replicated start']);
});

test('the boothook does not touch the computer that it is rehearsed on', () => {
  const unit = '/etc/systemd/system/replicated.service';
  const before = existsSync(unit) ? readFileSync(unit) : undefined;
  const hadState = existsSync('/var/lib/snapkeep/units');
  hold(plant(freshFolder(), {}));
  expect(existsSync(unit) ? readFileSync(unit) : undefined).toEqual(before);
  expect(existsSync('/var/lib/snapkeep/units')).toBe(hadState);
});

function pick(entries: Record<string, string>, path: string): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => key === path));
}

test('the rewrite stops and masks first what was not held back, and changes nothing when that does not stop', () => {
  const rewrite = scriptOf(documents, 'rewrite');
  const values = valuesOf(oldMachine, newMachine);
  const entries = { ...machineEntries, '/etc/default/replicated': 'PRIVATE_ADDRESS=10.0.1.67\n' };
  const root = plant(freshFolder(), entries);
  const before = snapshot(root);
  const stuck = standIns({ systemctl: 'case "$*" in "stop replicated.service") exit 1 ;; esac; exit 5' });
  expect(runScript(inTree(rewrite, root), values, { standIns: stuck.folder })).toMatchObject({
    status: 76,
    stderr: expect.stringContaining('replicated.service runs with the old configuration and does not stop'),
  });
  expect({ ...before, ...pick(snapshot(root), '/var/lib') }).toEqual(snapshot(root));
  const systemctl = standIns({ systemctl: 'exit 0' });
  const options = { standIns: systemctl.folder };
  expect(runScript(inTree(rewrite, root), values, options).status).toBe(0);
  expect(contentOf(root, '/etc/default/replicated')).toBe('PRIVATE_ADDRESS=10.0.9.14\n');
  const stops = [...profile.units.map((unit) => `systemctl stop ${unit}`), 'systemctl daemon-reload'];
  expect(systemctl.calls()).toEqual(stops);
  // Or the next boot would start them.
  for (const unit of profile.units) expect(`${unit} ${isMasked(root, unit)}`).toBe(`${unit} true`);
  // What is done is done: the application that has started since is left alone.
  expect(runScript(inTree(rewrite, root), values, options).status).toBe(0);
  expect(systemctl.calls()).toEqual(stops);
});

test('units that the rewrite had to hold are released and started like any others', () => {
  const root = plant(freshFolder(), machineEntries);
  const rewrite = scriptOf(documents, 'rewrite');
  const options = { standIns: standIns({ systemctl: 'exit 0' }).folder };
  expect(runScript(inTree(rewrite, root), valuesOf(oldMachine, newMachine), options).status).toBe(0);
  expect(runScript(inTree(startUnits, root), {}, options)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('unit replicated.service start\n'),
  });
  expect(isMasked(root, 'replicated.service')).toBe(false);
  expect(contentOf(root, '/etc/systemd/system/replicated.service')).toBe('[Service]\n');
});

test('the rewrite leaves units alone that the boothook holds', () => {
  const root = plant(freshFolder(), machineEntries);
  hold(root);
  const systemctl = standIns({ systemctl: 'exit 0' });
  const rewrite = inTree(scriptOf(documents, 'rewrite'), root);
  expect(runScript(rewrite, valuesOf(oldMachine, newMachine), { standIns: systemctl.folder }).status).toBe(0);
  expect(systemctl.calls()).not.toContain('systemctl daemon-reload');
  expect(contentOf(root, '/var/lib/snapkeep/units/replicated.service')).toBe('[Service]\n');
});
