import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MachineBench, startMachines } from '../support/machine-bench.ts';

const estate = resolve(import.meta.dirname, '../../docs/examples/estate.yaml');
const original = 'i-0aaa1111bbb22222c';
const units = 'docker replicated replicated-ui replicated-operator';
let bench: MachineBench;
let id: string;
let root: string;

beforeAll(async () => {
  bench = await startMachines({ estate });
});
afterAll(() => bench.close());

/** A relaunched services machine whose units were held back by nothing, so that they have failed or run by now. */
beforeEach(async () => {
  id = await bench.relaunch(original, {
    more: {
      IamInstanceProfile: { Name: 'snapkeep-restored' },
      SubnetId: 'subnet-0aaa9999aaaa9999a',
      SecurityGroupIds: ['sg-0bbb1111bbbb1111b'],
    },
  });
  bench.advance(10);
  root = bench.sandbox.ec2.machine(id).root();
});

const edit = (path: string, change: (text: string) => string): void =>
  writeFileSync(join(root, path), change(readFileSync(join(root, path), 'utf8')));
const privateIp = (): string => {
  const region = bench.sandbox.ec2.region('eu-west-1');
  return region.interfaces.get(region.instances.get(id)?.interfaces[0] ?? '')?.privateIp ?? '';
};
const rewrite = (...paths: string[]): void => {
  for (const path of paths) edit(path, (text) => text.replaceAll(/\b10\.0\.1\.67\b/g, privateIp()));
};
const restart = 'systemctl restart replicated replicated-operator replicated-ui';
const health = `curl -s -o /dev/null -w '%{http_code}\\n' localhost:80/health-check || echo "exit $?"`;
const state = `replicatedctl app status | sed 's/.*"State":"\\([a-z]*\\)".*/\\1/'`;

describe('CircleCI server of the sandbox', () => {
  test('is up and healthy on the machine that was always there', async () => {
    expect(
      await bench.say(original, `${health}; ${state}; docker exec nomad nomad node-status | tail -n 1`),
    ).toMatch(/^200\nstarted\n.* ready\n$/);
  });

  test('does not start with the address of another machine, and the daemon cannot be asked', async () => {
    expect(bench.sandbox.machines.activeUnits(id)).not.toContain('replicated.service');
    expect(bench.sandbox.machines.events(id)).toContainEqual(
      expect.objectContaining({ kind: 'unit', action: 'failed', unit: 'replicated.service' }),
    );
    const answer = await bench.run(id, {
      script: `systemctl is-active ${units}; ${health}; replicatedctl app status`,
    });
    expect(answer).toMatchObject({
      ResponseCode: 1,
      StandardOutputContent: 'active\nfailed\nactive\nactive\n000\nexit 7\n',
      StandardErrorContent:
        'Error: the Replicated daemon is not reachable on this host (connection refused)\n',
    });
  });

  test('is healthy again when every file names the new address and the old cluster state is gone', async () => {
    rewrite('etc/default/replicated', 'etc/default/replicated-operator');
    rmSync(join(root, 'opt/nomad'), { recursive: true });
    const script = [restart, `until [ "$(${state})" = started ]; do sleep 10; done`, health].join('\n');
    const answer = await bench.run(id, { script });
    expect(answer).toMatchObject({ Status: 'Success', StandardOutputContent: '200\n' });
    // It takes a while, in the time of the sandbox.
    expect(answer.ExecutionElapsedTime).toBe('PT50.5S');
    expect(readFileSync(join(root, 'opt/nomad/server/raft/peers.json'), 'utf8')).toBe(
      `["${privateIp()}:4647"]\n`,
    );
  });

  test.each([
    ['DAEMON_ENDPOINT', /^(DAEMON_ENDPOINT=).*$/m],
    ['DAEMON_HOST', /^(DAEMON_HOST=).*$/m],
    ['PRIVATE_ADDRESS', /^(PRIVATE_ADDRESS=).*$/m],
  ])('never gets beyond starting when the operator keeps the old %s', async (_key, line) => {
    rewrite('etc/default/replicated', 'etc/default/replicated-operator');
    edit('etc/default/replicated-operator', (text) => text.replace(line, '$110.0.1.67'));
    rmSync(join(root, 'opt/nomad'), { recursive: true });
    expect(
      await bench.say(id, `${restart}\nsleep 600\n${state}\nreplicatedctl system status -q\n${health}`),
    ).toBe('starting\ninitializing\n000\nexit 7\n');
  });

  test('never gets beyond starting when the tokens of daemon and operator differ', async () => {
    rewrite('etc/default/replicated', 'etc/default/replicated-operator');
    edit('etc/default/replicated-operator', (text) => text.replace(/^(DAEMON_TOKEN=).*$/m, '$1another'));
    expect(await bench.say(id, `${restart}\nsleep 600\n${state}`)).toBe('starting\n');
  });

  test('runs with what its services were started with: files alone change nothing', async () => {
    rewrite('etc/default/replicated');
    await bench.say(id, 'systemctl restart replicated; sleep 600');
    rewrite('etc/default/replicated-operator');
    rmSync(join(root, 'opt/nomad'), { recursive: true });
    expect(await bench.say(id, `sleep 60; ${state}`)).toBe('starting\n');
    expect(await bench.say(id, `systemctl restart replicated-operator; sleep 60; ${state}`)).toBe(
      'started\n',
    );
  });

  test('answers 500 with the cluster state of the old address, until that is removed and the app started anew', async () => {
    rewrite('etc/default/replicated', 'etc/default/replicated-operator');
    expect(await bench.say(id, `${restart}\nsleep 60\n${state}\n${health}`)).toBe('started\n500\n');
    const script = [
      'replicatedctl app stop',
      state,
      'sleep 20',
      state,
      'rm -rf "$SNAPKEEP_ROOT/opt/nomad"',
      'replicatedctl app start --attach',
      state,
      health,
    ].join('\n');
    expect(await bench.say(id, script)).toBe('stopping\nstopped\nstarted\n200\n');
    expect(existsSync(join(root, 'opt/nomad'))).toBe(true);
  });

  test('answers 500 when its files and its settings disagree about the service name', async () => {
    rewrite('etc/default/replicated', 'etc/default/replicated-operator');
    rmSync(join(root, 'opt/nomad'), { recursive: true });
    edit('etc/circle-installation-customizations', (text) => text.replace('ci.old', 'ci.new'));
    expect(await bench.say(id, `${restart}\nsleep 60\n${health}`)).toBe('500\n');
    const script = [
      'replicatedctl app-config set hostname --value ci.new.example.com',
      'replicatedctl app-config export',
      'replicatedctl app apply-config --attach',
      health,
    ].join('\n');
    expect(await bench.say(id, script)).toBe('{"hostname":{"value":"ci.new.example.com"}}\n200\n');
  });

  test('stays stopped in an image of it that was made while it was stopped', async () => {
    await bench.say(original, 'replicatedctl app stop --attach');
    const copy = await bench.relaunch(original, {
      more: { IamInstanceProfile: { Name: 'snapkeep-restored' }, SubnetId: 'subnet-0aaa9999aaaa9999a' },
    });
    await bench.say(original, 'replicatedctl app start --attach');
    bench.advance(10);
    id = copy;
    root = bench.sandbox.ec2.machine(id).root();
    rewrite('etc/default/replicated', 'etc/default/replicated-operator');
    expect(await bench.say(id, `${restart}\nsleep 60\n${state}`)).toBe('stopped\n');
  });
});
