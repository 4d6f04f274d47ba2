import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ModifyInstanceAttributeCommand, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MachineEvent } from '../../sandbox/machines/events.ts';
import {
  enabledUnit,
  type MachineBench,
  plainTree,
  sha256,
  startMachines,
  writeTree,
} from '../support/machine-bench.ts';

let bench: MachineBench;
beforeEach(async () => {
  bench = await startMachines();
});
afterEach(() => bench.close());

const read = (id: string, path: string): string =>
  readFileSync(join(bench.sandbox.ec2.machine(id).root(), path), 'utf8');
const notes = (id: string): string[] =>
  bench.sandbox.machines.events(id).flatMap((event) => (event.kind === 'cloud-init' ? event.detail : []));
const unitEvents = (id: string): string[] =>
  bench.sandbox.machines
    .events(id)
    .flatMap((event: MachineEvent) =>
      event.kind === 'unit' ? `${event.cause} ${event.action} ${event.unit}` : [],
    );

/** Holds a unit back as one would by hand: the file aside, a link to nowhere in its place, and the manager told. */
const holdBack = (more = 'systemctl daemon-reload\n'): string => `#cloud-boothook
#!/bin/sh
SNAPKEEP_ROOT=/
units="$SNAPKEEP_ROOT/etc/systemd/system"
mv "$units/app.service" "$SNAPKEEP_ROOT/var/app.service"
ln -s /dev/null "$units/app.service"
${more}`;

describe('cloud-init of a relaunched machine', () => {
  test('sees a new instance: name, network, host keys and its own folder are the new ones', async () => {
    const source = bench.seed({
      '/etc/ssh/ssh_host_rsa_key': 'old key',
      '/etc/ssh/sshd_config': 'PermitRootLogin no\n',
      '/etc/netplan/50-cloud-init.yaml': '      macaddress: "0a:1b:2c:3d:4e:5f"\n',
      '/var/lib/cloud/instance': { link: '/var/lib/cloud/instances/i-0aaa1111bbb22222c' },
    });
    const id = await bench.relaunch(source);
    bench.advance(10);
    const [card] = bench.sandbox.ec2.region('eu-west-1').instances.get(id)?.interfaces ?? [];
    const { privateIp, mac } = bench.sandbox.ec2.region('eu-west-1').interfaces.get(card ?? '') ?? {};
    expect(read(id, 'etc/hostname')).toBe(`ip-${privateIp?.replaceAll('.', '-')}\n`);
    expect(read(id, 'etc/netplan/50-cloud-init.yaml')).toBe(`      macaddress: "${mac}"\n`);
    expect(read(id, 'etc/ssh/ssh_host_rsa_key')).not.toBe('old key');
    expect(read(id, 'etc/ssh/ssh_host_ed25519_key.pub')).toMatch(/^ssh-ed25519 /);
    expect(read(id, 'etc/ssh/sshd_config')).toBe('PermitRootLogin no\n');
    expect(read(id, 'var/lib/cloud/data/instance-id')).toBe(`${id}\n`);
    expect(read(id, 'var/lib/cloud/data/previous-instance-id')).toBe('i-0aaa1111bbb22222c\n');
    expect(readlinkSync(join(bench.sandbox.ec2.machine(id).root(), 'var/lib/cloud/instance'))).toBe(
      `/var/lib/cloud/instances/${id}`,
    );
    expect(read(id, `var/lib/cloud/instances/${id}/boot-finished`)).toMatch(/^\d+/);
    expect(read(source, 'etc/hostname')).toBe('ip-10-0-1-67\n');
  });

  test('keeps name and keys where the configuration of a later file or of the user data says so', async () => {
    const source = bench.seed({
      '/etc/cloud/cloud.cfg.d/99-name.cfg': 'preserve_hostname: true\n',
      '/etc/ssh/ssh_host_rsa_key': 'old key',
    });
    const id = await bench.relaunch(source, {
      userData: '#cloud-config\nssh_deletekeys: false\nruncmd: [reboot]\n',
    });
    bench.advance(10);
    expect(read(id, 'etc/hostname')).toBe('ip-10-0-1-67\n');
    expect(read(id, 'etc/ssh/ssh_host_rsa_key')).toBe('old key');
    expect(notes(id)).toContain('runcmd of the user data is not carried out by the sandbox');
  });

  test('never notices that it is another machine when the cache is to be cleaned by hand', async () => {
    const source = bench.seed({
      '/etc/cloud/cloud.cfg': 'manual_cache_clean: true\n',
      '/etc/ssh/ssh_host_rsa_key': 'old key',
      '/etc/hostname': 'set-by-hand\n',
    });
    const id = await bench.relaunch(source, { userData: '#!/bin/sh\nSNAPKEEP_ROOT=/\n' });
    bench.advance(10);
    expect(read(id, 'var/lib/cloud/data/instance-id')).toBe('i-0aaa1111bbb22222c\n');
    expect(read(id, 'etc/ssh/ssh_host_rsa_key')).toBe('old key');
    expect(read(id, 'etc/hostname')).toBe('set-by-hand\n');
    expect(bench.sandbox.machines.events(id).some(({ kind }) => kind === 'user-script')).toBe(false);
  });

  test.each([
    ['ID=ubuntu\n', '127.0.1.1', true],
    ['ID="centos"\nID_LIKE="rhel fedora"\n', '127.0.0.1', false],
  ])(
    'adds its own line to /etc/hosts only when it may, in the manner of %j',
    async (release, loopback, short) => {
      const hosts = '127.0.0.1 localhost\n10.0.1.67 ci.old.example.com\n';
      const source = bench.seed({
        '/etc/os-release': release,
        '/etc/hosts': hosts,
        '/etc/cloud/cloud.cfg': 'manage_etc_hosts: localhost\n',
      });
      const id = await bench.relaunch(source);
      const unmanaged = await bench.relaunch(bench.seed({ '/etc/os-release': release, '/etc/hosts': hosts }));
      bench.advance(10);
      expect(read(unmanaged, 'etc/hosts')).toBe(hosts);
      const name = read(id, 'etc/hostname').trim();
      expect(name.includes('.')).toBe(!short);
      const first = name.split('.')[0];
      expect(read(id, 'etc/hosts')).toContain(
        `\n${loopback} ${first}.eu-west-1.compute.internal ${first}\n`.slice(
          loopback === '127.0.1.1' ? 1 : 0,
        ),
      );
      expect(read(id, 'etc/hosts')).toContain('10.0.1.67 ci.old.example.com');
    },
  );

  test('is not there in an image without /etc/cloud, and no user data is looked at', async () => {
    const { '/etc/cloud/cloud.cfg': _, ...tree } = plainTree;
    const source = bench.sandbox.ec2.seed('eu-west-1').addInstance({ instanceProfile: 'restored' }).id;
    const root = bench.sandbox.ec2.machine(source).root();
    writeTree(root, tree);
    const hook = holdBack();
    bench.sandbox.machines.trust(sha256(hook));
    const id = await bench.relaunch(source, { userData: hook });
    bench.advance(10);
    expect(read(id, 'etc/hostname')).toBe('ip-10-0-1-67\n');
    expect(bench.sandbox.machines.events(id).map(({ kind }) => kind)).toEqual(['boot', 'cloud-init']);
  });
});

describe('the units of a relaunched machine', () => {
  test('start by themselves two seconds after it runs, in the order that they ask for', async () => {
    const source = bench.seed({
      ...enabledUnit('alpha', '[Unit]\nAfter=omega.service\n[Service]\nExecStart=/opt/alpha\n'),
      ...enabledUnit('omega', '[Service]\nEnvironmentFile=-/etc/default/omega\nExecStart=/opt/omega $NAME\n'),
      '/etc/default/omega': 'NAME=10.0.1.67\n',
      '/usr/lib/systemd/system/idle.service': '[Service]\nExecStart=/opt/idle\n',
    });
    const id = await bench.relaunch(source);
    bench.advance(1.5);
    expect(bench.sandbox.machines.unitStarts(id)).toEqual([]);
    bench.advance(1);
    expect(bench.sandbox.machines.unitStarts(id)).toMatchObject([
      {
        unit: 'omega.service',
        execStart: '/opt/omega $NAME',
        configuration: [{ path: '/etc/default/omega', sha256: sha256('NAME=10.0.1.67\n') }],
        hosts: ['10.0.1.67'],
      },
      { unit: 'alpha.service', configuration: [], hosts: [] },
    ]);
    expect(bench.sandbox.machines.activeUnits(id)).toEqual(['alpha.service', 'omega.service']);
  });

  test('do not start when a boothook held them back and told the manager', async () => {
    const hook = holdBack();
    bench.sandbox.machines.trust(sha256(hook));
    const id = await bench.relaunch(bench.seed(enabledUnit('app')), { userData: hook });
    bench.advance(10);
    expect(unitEvents(id)).toEqual(['boot refused app.service']);
    expect(bench.sandbox.machines.events(id).find(({ kind }) => kind === 'boothook')).toMatchObject({
      digest: sha256(hook),
      exitCode: 0,
    });
    expect(bench.sandbox.machines.activeUnits(id)).toEqual([]);
  });

  test('start all the same when the manager was not told: it had read them before', async () => {
    const hook = holdBack('');
    bench.sandbox.machines.trust(sha256(hook));
    const id = await bench.relaunch(bench.seed(enabledUnit('app')), { userData: hook });
    bench.advance(10);
    expect(unitEvents(id)).toEqual(['boot start app.service']);
  });

  test('are taken out of the queue by a stop, not by a disable', async () => {
    const hook =
      '#cloud-boothook\n#!/bin/sh\nSNAPKEEP_ROOT=/\nsystemctl disable one\nsystemctl --no-block stop two\n';
    bench.sandbox.machines.trust(sha256(hook));
    const id = await bench.relaunch(bench.seed({ ...enabledUnit('one'), ...enabledUnit('two') }), {
      userData: hook,
    });
    bench.advance(10);
    expect(unitEvents(id)).toEqual(['boot start one.service']);
  });

  test('win the race where cloud-init may lose it, and then only the security group stops their connections', async () => {
    await bench.close();
    bench = await startMachines({ machines: { unitsWinRace: true } });
    const seed = bench.sandbox.ec2.seed('eu-west-1');
    const out443 = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
    const { groupId: quarantine } = seed.addSecurityGroup({ name: 'quarantine', egress: out443 });
    const { groupId: open } = seed.addSecurityGroup({ name: 'application' });
    const hook = holdBack('systemctl daemon-reload\nsystemctl stop app\n');
    bench.sandbox.machines.trust(sha256(hook));
    const source = bench.seed({
      ...enabledUnit('app', '[Service]\nEnvironmentFile=/etc/app\nExecStart=/opt/app\n'),
      '/etc/app':
        'DB=postgres://u@circle-db.c0ffee.eu-west-1.rds.amazonaws.com/circle\nAPI=https://api.example.com\n',
    });
    const relaunch = async (group: string) => {
      const id = await bench.relaunch(source, { userData: hook, more: { SecurityGroupIds: [group] } });
      bench.advance(10);
      return id;
    };
    const shut = await relaunch(quarantine);
    expect(unitEvents(shut)).toEqual(['boot start app.service', 'boothook stop app.service']);
    expect(bench.sandbox.machines.connections(shut)).toMatchObject([
      {
        host: 'circle-db.c0ffee.eu-west-1.rds.amazonaws.com',
        port: 5432,
        groups: [quarantine],
        allowed: false,
      },
      { host: 'api.example.com', port: 443, groups: [quarantine], allowed: true },
    ]);
    const free = await relaunch(open);
    expect(bench.sandbox.machines.connections(free).map(({ allowed }) => allowed)).toEqual([true, true]);
  });

  test('are judged by the security groups of the moment at which they start', async () => {
    const seed = bench.sandbox.ec2.seed('eu-west-1');
    const { groupId: shut } = seed.addSecurityGroup({ name: 'shut', egress: [] });
    const { groupId: open } = seed.addSecurityGroup({ name: 'open' });
    const source = bench.seed({
      ...enabledUnit('app', '[Service]\nEnvironmentFile=/etc/app\nExecStart=/opt/app\n'),
      '/etc/app': 'PEER=10.9.9.9:8080\n',
    });
    const id = await bench.relaunch(source, { more: { SecurityGroupIds: [shut] } });
    await bench.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, Groups: [open] }));
    bench.advance(5);
    await bench.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, Groups: [shut] }));
    expect(bench.sandbox.machines.connections(id)).toMatchObject([
      { host: '10.9.9.9', port: 8080, groups: [open], allowed: true },
    ]);
  });

  test('start again after a reboot, and the boothook runs again before them', async () => {
    const hook = `#cloud-boothook\n#!/bin/sh\nSNAPKEEP_ROOT=/\necho "$INSTANCE_ID" >>"$SNAPKEEP_ROOT/var/boots"\n`;
    bench.sandbox.machines.trust(sha256(hook));
    const source = bench.seed({
      ...enabledUnit('app'),
      '/run/systemd/system/app.service': { link: '/dev/null' },
    });
    const id = await bench.relaunch(source, { userData: hook });
    bench.advance(10);
    await bench.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    bench.advance(0.5);
    expect(bench.sandbox.machines.activeUnits(id)).toEqual([]);
    bench.advance(10);
    expect(read(id, 'var/boots')).toBe(`${id}\n${id}\n`);
    expect(unitEvents(id)).toEqual(['boot start app.service', 'boot start app.service']);
    expect(bench.sandbox.machines.activeUnits(id)).toEqual(['app.service']);
  });

  test('cost nothing where a machine has no tree', async () => {
    const source = bench.sandbox.ec2.seed('eu-west-1').addInstance({ instanceProfile: 'restored' }).id;
    const id = await bench.relaunch(source, { userData: holdBack() });
    bench.advance(10);
    expect(bench.sandbox.machines.events(id).map(({ kind }) => kind)).toEqual(['boot']);
    expect(bench.sandbox.ec2.machine(id).hasContent).toBe(false);
  });
});
