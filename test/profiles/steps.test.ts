import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { circleci, scriptOf } from '../support/circleci-restore.ts';
import { freshFolder, inTree, plant, runScript, snapshot, standIns } from '../support/machine-tree.ts';

const { documents } = circleci();
const values = {
  RestoreId: 'r1',
  ServiceName: 'ci.new.example.com',
  PrivateAddress: '10.0.9.14',
  PublicAddress: '',
};
const run = (
  action: string,
  root: string,
  commands: Record<string, string> = {},
  changes: Record<string, string> = {},
) => {
  const stand = standIns({ sleep: 'exit 0', ...commands });
  const result = runScript(
    inTree(scriptOf(documents, action), root),
    { ...values, ...changes },
    { standIns: stand.folder },
  );
  return { ...result, calls: stand.calls() };
};
const status = (state: string, desired: string, moving: boolean, error = '') =>
  `echo '[{"AppID":"0123","State": "${state}","DesiredState":"${desired}","Error":"${error}","IsTransitioning":${moving}}]'`;

/** Answers of `replicatedctl app status`, one a call; the last one repeats. */
const answers = (counter: string, ...lines: readonly string[]): Record<string, string> => ({
  replicatedctl: `case "$1 $2" in "app status") ;; *) exit 0 ;; esac
n=$(($(cat '${counter}' 2>/dev/null || echo 0) + 1)); echo "$n" >'${counter}'
case $n in ${lines.map((line, index) => `${index + 1 === lines.length ? '*' : index + 1}) ${line} ;;`).join(' ')} esac`,
});

test('the app is stopped and the step waits until it rests, asking again while the daemon is not up', () => {
  const counter = join(freshFolder(), 'n');
  const commands = answers(
    counter,
    'exit 1',
    status('started', 'started', false),
    status('stopping', 'stopped', true),
    status('stopped', 'stopped', false),
  );
  // `app status inspect` is asked where `app status` fails, and counts as one of the answers.
  const result = run('step-stop-app', freshFolder(), commands);
  expect(result).toMatchObject({ status: 0, stderr: '' });
  expect(result.stdout).toMatch(/step stop-app done\n$/);
  expect(result.calls.filter((call) => call === 'replicatedctl app stop').length).toBeGreaterThan(1);
  expect(result.calls.filter((call) => call === 'sleep 10')).toHaveLength(2);
});

test('an app that reports an error while it starts fails the step at once, without its message', () => {
  const counter = join(freshFolder(), 'n');
  const result = run(
    'step-start-app',
    freshFolder(),
    answers(counter, status('failed', 'started', false, 'secret detail')),
  );
  expect(result.status).toBe(2);
  expect(result.stderr).toBe('snapkeep: the step start-app failed while it waited.\n');
  expect(result.stdout).not.toContain('secret');
});

test('a wait that does not end is ended after its time', () => {
  const counter = join(freshFolder(), 'n');
  const result = run('step-start-app', freshFolder(), answers(counter, status('starting', 'started', true)));
  expect(result).toMatchObject({
    status: 79,
    stderr: 'snapkeep: the step start-app did not get there within 900 seconds.\n',
  });
  expect(result.calls.filter((call) => call === 'sleep 10')).toHaveLength(90);
});

test('the hostname is set when it changes, and only then', () => {
  const changed = run('step-set-hostname', freshFolder(), { replicatedctl: 'exit 0' });
  expect(changed.calls).toEqual([
    'replicatedctl app-config set hostname --value ci.new.example.com',
    'replicatedctl app apply-config --attach',
  ]);
  expect(
    run('step-set-hostname', freshFolder(), { replicatedctl: 'exit 0' }, { ServiceName: '' }).calls,
  ).toEqual([]);
  const failed = run('step-set-hostname', freshFolder(), { replicatedctl: 'exit 7' });
  expect(failed).toMatchObject({ status: 7, stderr: 'snapkeep: the step set-hostname failed.\n' });
});

test.each(['$(id)', 'a;b', 'a b', "a'b", '../x', '-x', 'a\nb'])(
  'the service name %j never reaches a command',
  (ServiceName) => {
    const result = run('step-set-hostname', freshFolder(), { replicatedctl: 'exit 0' }, { ServiceName });
    expect(result).toMatchObject({ status: 64, calls: [] });
  },
);

test('the state of Nomad is removed, exactly that directory', () => {
  const root = plant(freshFolder(), {
    '/opt/nomad/server/raft/peers.json': '[]',
    '/opt/nomad/out': { link: '/opt/keep' },
    '/opt/nomad-keep/x': 'x',
    '/opt/keep/y': 'y',
  });
  expect(run('step-remove-nomad-state', root)).toMatchObject({
    status: 0,
    stdout: '/opt/nomad removed\nstep remove-nomad-state done\n',
  });
  expect(Object.keys(snapshot(root)).sort()).toEqual([
    '/opt',
    '/opt/keep',
    '/opt/keep/y',
    '/opt/nomad-keep',
    '/opt/nomad-keep/x',
  ]);
  expect(run('step-remove-nomad-state', root)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('was not there'),
  });
});

test.each([
  ['the directory itself', { '/opt/nomad': { link: '/data/nomad' } }],
  ['a folder above it', { '/opt': { link: '/data' } }],
] as const)('a link in the place of %s is refused, and nothing is removed', (_, links) => {
  const root = plant(freshFolder(), { '/data/nomad/x': 'x', ...links });
  const result = run('step-remove-nomad-state', root);
  expect(result).toMatchObject({ status: 64, stderr: expect.stringContaining('nothing was removed') });
  expect(existsSync(join(root, 'data/nomad/x'))).toBe(true);
});

test('the services are restarted in order', () => {
  const root = plant(freshFolder(), {
    '/etc/systemd/system/replicated.service': '',
    '/etc/systemd/system/replicated-ui.service': '',
    '/etc/systemd/system/replicated-operator.service': '',
  });
  expect(run('step-restart-services', root, { systemctl: 'exit 0' }).calls).toEqual([
    'systemctl restart replicated.service',
    'systemctl restart replicated-operator.service',
    'systemctl restart replicated-ui.service',
  ]);
});

test('the health check passes with the status that it expects, asks again before, and ends after its time', () => {
  const counter = join(freshFolder(), 'n');
  const curl = `n=$(($(cat '${counter}' 2>/dev/null || echo 0) + 1)); echo "$n" >'${counter}'
case $n in 1) printf 000; exit 7 ;; 2) printf 500 ;; *) printf 200 ;; esac`;
  const passed = run('check-health', freshFolder(), { curl });
  expect(passed).toMatchObject({ status: 0, stderr: '' });
  expect(passed.stdout).toBe(
    'http://localhost:80/health-check answers 000\nhttp://localhost:80/health-check answers 500\nhttp://localhost:80/health-check answers 200\nstep health done\n',
  );
  expect(run('check-health', freshFolder(), { curl: 'printf 500' }).status).toBe(79);
  expect(run('check-health', freshFolder()).status).toBe(69);
});

test('a step of an agent that passes no parameters is refused', () => {
  const text = inTree(scriptOf(documents, 'step-start-app'), freshFolder());
  expect(runScript(text, {})).toMatchObject({ status: 78, stderr: expect.stringContaining('3.3.2746.0') });
});
