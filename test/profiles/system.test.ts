import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSummary } from '../../functions/applications/summary.ts';
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

const { documents, profile } = circleci();
const values = valuesOf(oldMachine, newMachine, 'ci.new.example.com');
const hostnamectl = { hostnamectl: 'exit 0' };

function restore(
  entries: Record<string, TreeEntry>,
  changes: Record<string, string> = {},
  commands: Record<string, string> = hostnamectl,
) {
  const root = plant(freshFolder(), entries);
  const before = snapshot(root);
  const stand = standIns(commands);
  const options = { standIns: stand.folder };
  const run = runScript(inTree(scriptOf(documents, 'rewrite'), root), { ...values, ...changes }, options);
  const undo = () => runScript(inTree(scriptOf(documents, 'undo'), root), { RestoreId: 'r1' }, options);
  return { root, before, run, undo, calls: stand.calls };
}
const files = (entries: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).filter(([, entry]) => !entry.startsWith('folder')));

test('the running system learns a host name that the address map changed, and unlearns it', () => {
  const { root, run, undo, calls } = restore({ '/etc/hostname': 'ip-10-0-1-67\n' });
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(contentOf(root, '/etc/hostname')).toBe('ip-10-0-9-14\n');
  expect(undo().status).toBe(0);
  expect(contentOf(root, '/etc/hostname')).toBe('ip-10-0-1-67\n');
  expect(calls()).toEqual(['hostnamectl set-hostname ip-10-0-9-14', 'hostnamectl set-hostname ip-10-0-1-67']);
});

test('a host name that does not name the old machine stays, and nobody is told', () => {
  const { root, run, calls } = restore({ '/etc/hostname': 'build\n' });
  expect(run.status).toBe(0);
  expect(contentOf(root, '/etc/hostname')).toBe('build\n');
  expect(calls()).toEqual([]);
});

test('a host name that was asked for is set, with the mode of the file kept, and made where there was none', () => {
  const asked = restore(
    { '/etc/hostname': { text: 'anything', mode: 0o640 } },
    { MachineName: 'ci-restored' },
  );
  expect(contentOf(asked.root, '/etc/hostname')).toBe('ci-restored\n');
  expect(statSync(join(asked.root, 'etc/hostname')).mode & 0o777).toBe(0o640);
  expect(asked.calls()).toEqual(['hostnamectl set-hostname ci-restored']);
  expect(asked.undo().status).toBe(0);
  expect(files(snapshot(asked.root))).toEqual(files(asked.before));

  const made = restore({ '/etc/os-release': '' }, { MachineName: 'ci-restored' });
  expect(contentOf(made.root, '/etc/hostname')).toBe('ci-restored\n');
  expect(readSummary(made.run.stdout).changed).toMatchObject([{ outcome: 'created', path: '/etc/hostname' }]);
  expect(made.undo().status).toBe(0);
  expect(existsSync(join(made.root, 'etc/hostname'))).toBe(false);
});

test('a system that does not take the name is reported, and the file is right all the same', () => {
  const { root, run } = restore({ '/etc/hostname': 'x\n' }, { MachineName: 'ci' }, { hostnamectl: 'exit 1' });
  expect(run.status).toBe(0);
  expect(readSummary(run.stdout).left).toMatchObject([
    { remark: 'hostnamectl-failed', path: '/etc/hostname' },
  ]);
  expect(contentOf(root, '/etc/hostname')).toBe('ci\n');
});

test('cloud-init is told to leave the name alone where it is, in a folder that is made and unmade', () => {
  const { root, before, run, undo } = restore({ '/etc/cloud/cloud.cfg': 'preserve_hostname: false\n' });
  expect(run.status).toBe(0);
  expect(contentOf(root, '/etc/cloud/cloud.cfg.d/99-snapkeep-hostname.cfg')).toBe(
    'preserve_hostname: true\nmanage_etc_hosts: false\n',
  );
  expect(statSync(join(root, 'etc/cloud/cloud.cfg.d')).mode & 0o777).toBe(0o755);
  expect(undo().status).toBe(0);
  expect(files(snapshot(root))).toEqual(files(before));
  expect(existsSync(join(root, 'etc/cloud/cloud.cfg.d'))).toBe(false);
  expect(existsSync(join(restore({ '/etc/x': '' }).root, 'etc/cloud'))).toBe(false);
});

test('host keys are kept unless new ones are asked for; then each is replaced once, and undo brings the old ones back', () => {
  const keys: Record<string, TreeEntry> = {
    '/etc/ssh/ssh_host_rsa_key': { text: 'old private', mode: 0o600 },
    '/etc/ssh/ssh_host_rsa_key.pub': 'old public',
    '/etc/ssh/sshd_config': 'Port 22\n',
  };
  const kept = restore(keys);
  expect(files(snapshot(kept.root))).toEqual(files(kept.before));

  const keygen = `root=$3
for kind in rsa ed25519; do
  [ -e "$root/etc/ssh/ssh_host_$kind""_key" ] && exit 1
  echo "new $kind" >"$root/etc/ssh/ssh_host_$kind""_key"
  echo "new $kind public" >"$root/etc/ssh/ssh_host_$kind""_key.pub"
done`;
  const commands = { 'ssh-keygen': keygen, systemctl: 'exit 0' };
  const { root, before, run, undo, calls } = restore(keys, { SshHostKeys: 'regenerate' }, commands);
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(contentOf(root, '/etc/ssh/ssh_host_rsa_key')).toBe('new rsa\n');
  expect(contentOf(root, '/etc/ssh/ssh_host_ed25519_key')).toBe('new ed25519\n');
  expect(calls().filter((call) => !call.startsWith('systemctl stop '))).toEqual([
    // Of the units that are held first.
    'systemctl daemon-reload',
    `ssh-keygen -A -f ${root}`,
    'systemctl try-restart ssh.service sshd.service',
  ]);
  expect(undo()).toMatchObject({ status: 0, stderr: '' });
  // With the old configuration back, the application must not start by itself.
  const held = profile.units.map((unit) => [`/etc/systemd/system/${unit}`, 'link /dev/null']);
  expect(files(snapshot(root))).toEqual({ ...files(before), ...Object.fromEntries(held) });
});

test('static network configuration follows its own address, gateways and name servers stay', () => {
  const { root, run } = restore({
    '/etc/netplan/50-cloud-init.yaml':
      'addresses: [10.0.1.67/24]\nroutes: [{ to: default, via: 10.0.1.1 }]\n# 10.0.1.67\n',
    '/etc/sysconfig/network-scripts/ifcfg-eth0': 'IPADDR=10.0.1.67\nGATEWAY=10.0.1.1\nDNS1=10.0.1.67\n',
  });
  expect(run.status).toBe(0);
  expect(contentOf(root, '/etc/netplan/50-cloud-init.yaml')).toBe(
    'addresses: [10.0.9.14/24]\nroutes: [{ to: default, via: 10.0.1.1 }]\n# 10.0.1.67\n',
  );
  expect(contentOf(root, '/etc/sysconfig/network-scripts/ifcfg-eth0')).toBe(
    'IPADDR=10.0.9.14\nGATEWAY=10.0.1.1\nDNS1=10.0.1.67\n',
  );
});
