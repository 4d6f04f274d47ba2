import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSummary } from '../../functions/applications/summary.ts';
import {
  circleci,
  machine,
  newMachine,
  oldMachine,
  scriptOf,
  valuesOf,
} from '../support/circleci-restore.ts';
import {
  contentOf,
  freshFolder,
  inTree,
  plant,
  presentTools,
  runScript,
  snapshot,
} from '../support/machine-tree.ts';

const { documents } = circleci();
const rewrite = scriptOf(documents, 'rewrite');
const undo = scriptOf(documents, 'undo');
const endpoint = {
  what: 'endpoint of rds/circle-db',
  old: 'circle-db.c8365695b094.eu-west-1.rds.amazonaws.com',
  new: 'circle-db-r0a1b2c3d4.c8365695b094.eu-west-1.rds.amazonaws.com',
};
const values = valuesOf(oldMachine, newMachine, 'ci.new.example.com', [endpoint]);

test('the Debian layout is rewritten byte for byte, and nothing else is touched', () => {
  const root = machine('circleci-services');
  const before = snapshot(root);
  const run = runScript(inTree(rewrite, root), values);
  expect(run).toMatchObject({ status: 0, stderr: '' });

  expect(contentOf(root, '/etc/default/replicated')).toBe(`RELEASE_CHANNEL=stable
PRIVATE_ADDRESS=10.0.9.14
SKIP_OPERATOR_INSTALL=0
REPLICATED_OPTS=" -e HTTP_PROXY=http://proxy.example.com:3128 -e HTTPS_PROXY=http://proxy.example.com:3128 -e NO_PROXY=10.0.9.14,172.17.0.1,localhost -e DAEMON_TOKEN=sandbox-daemon-token-not-a-secret -e LOG_LEVEL=info -e NODENAME=ip-10-0-9-14 --log-opt max-size=50m --log-opt max-file=3"
REPLICATED_UI_OPTS=" -e LOG_LEVEL=info --log-opt max-size=50m --log-opt max-file=3"
`);
  expect(contentOf(root, '/etc/default/replicated-operator')).toBe(`RELEASE_CHANNEL=stable
DAEMON_ENDPOINT=10.0.9.14:9879
DAEMON_TOKEN=sandbox-daemon-token-not-a-secret
DAEMON_HOST=10.0.9.14
PRIVATE_ADDRESS=10.0.9.14
REPLICATED_OPERATOR_OPTS=" -e PUBLIC_ADDRESS=198.51.100.77 -e TAGS=local -e LOG_LEVEL=info -e NODENAME=ip-10-0-9-14 --log-opt max-size=50m --log-opt max-file=3"
`);
  expect(contentOf(root, '/etc/hosts')).toBe(`127.0.1.1 ip-10-0-9-14.eu-west-1.compute.internal ip-10-0-9-14
127.0.0.1 localhost
10.0.9.14   ci.new.example.com ci
10.0.2.15   ldap.internal.example.com          # another machine, stays as it is
10.0.1.6    ci-standby.old.example.com        # its address is a beginning of ours
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
`);
  expect(contentOf(root, '/etc/hostname')).toBe('ip-10-0-9-14\n');
  expect(
    contentOf(root, '/etc/circle-installation-customizations'),
  ).toBe(`export CIRCLE_URL="https://ci.new.example.com"
export JVM_HEAP_SIZE="4g"
export CIRCLE_ADMIN_CIDR="10.0.1.0/24"
`);
  expect(
    contentOf(root, '/etc/circleconfig/vm-service/customizations'),
  ).toBe(`export VM_SERVICE_DB_HOST="${endpoint.new}"
export OUTBOUND_ADDRESS="198.51.100.77"
`);
  expect(contentOf(root, '/etc/cloud/cloud.cfg.d/99-snapkeep-hostname.cfg')).toBe(
    'preserve_hostname: true\nmanage_etc_hosts: false\n',
  );
  const after = snapshot(root);
  const touched = Object.keys(after).filter(
    (path) => before[path] !== after[path] && after[path]?.startsWith('file'),
  );
  expect(touched).toEqual([
    '/etc/circle-installation-customizations',
    '/etc/circleconfig/frontend/customizations',
    '/etc/circleconfig/vm-service/customizations',
    '/etc/cloud/cloud.cfg.d/99-snapkeep-hostname.cfg',
    '/etc/default/replicated',
    '/etc/default/replicated-operator',
    '/etc/environment',
    '/etc/hostname',
    '/etc/hosts',
  ]);
  expect(readSummary(run.stdout)).toMatchObject({
    counts: { changed: 9, warnings: 0, replacements: 19 },
    left: [],
  });
});

test('the RHEL layout without DAEMON_HOST keeps the neighbour whose address begins with ours', () => {
  const root = machine('circleci-services-rhel');
  const standby = {
    private_ip: '10.0.1.6',
    public_ip: '203.0.113.21',
    private_dns: 'ip-10-0-1-6.eu-west-1.compute.internal',
    hostname: 'ip-10-0-1-6',
    service_name: 'ci-standby.old.example.com',
  };
  const run = runScript(inTree(rewrite, root), valuesOf(standby, newMachine, 'ci.new.example.com'));
  expect(run).toMatchObject({ status: 0, stderr: '' });
  expect(contentOf(root, '/etc/sysconfig/replicated')).toBe(`RELEASE_CHANNEL=stable
PRIVATE_ADDRESS=10.0.9.14
SKIP_OPERATOR_INSTALL=0
REPLICATED_OPTS=" -e NO_PROXY=10.0.9.14,10.0.1.67,172.17.0.1,localhost -e REGISTRY_ADVERTISE_ADDRESS=10.0.9.14:9874 -e DAEMON_TOKEN=sandbox-standby-token-not-a-secret -e LOG_LEVEL=info -e NODENAME=ip-10-0-9-14 --log-opt max-size=50m --log-opt max-file=3"
REPLICATED_UI_OPTS=" -e LOG_LEVEL=info --log-opt max-size=50m --log-opt max-file=3"
`);
  expect(contentOf(root, '/etc/sysconfig/replicated-operator')).toBe(`RELEASE_CHANNEL=stable
DAEMON_ENDPOINT=[10.0.9.14]:9879
DAEMON_TOKEN=sandbox-standby-token-not-a-secret
PRIVATE_ADDRESS=10.0.9.14
REPLICATED_OPERATOR_OPTS=" -e DAEMON_REGISTRY_ENDPOINT=10.0.9.14:9874 -e TAGS=local -e LOG_LEVEL=info -e NODENAME=ip-10-0-9-14 --log-opt max-size=50m --log-opt max-file=3"
`);
  expect(contentOf(root, '/etc/sysconfig/network')).toContain(
    'HOSTNAME=ip-10-0-9-14.eu-west-1.compute.internal\n',
  );
  expect(contentOf(root, '/etc/sysconfig/network-scripts/ifcfg-eth1')).toContain(
    'IPADDR=10.0.3.6\nPREFIX=24\nGATEWAY=10.0.3.1\n',
  );
  expect(contentOf(root, '/etc/hosts')).toBe(`127.0.0.1 ip-10-0-9-14.eu-west-1.compute.internal ip-10-0-9-14
127.0.0.1 localhost.localdomain localhost
10.0.9.14    ci.new.example.com ci-standby
10.0.1.67   ci.old.example.com ci             # the first machine: our address is a beginning of its
::1 localhost6.localdomain6 localhost6
`);
});

test('a secret that looks like an address stays, as key of a line and as option inside of a value', () => {
  const root = plant(freshFolder(), {
    '/etc/default/replicated':
      'DAEMON_TOKEN=10.0.1.67\nREPLICATED_OPTS=" -e DAEMON_TOKEN=10.0.1.67 -e NO_PROXY=10.0.1.67 -e TAGS=10.0.1.67"\n',
  });
  expect(runScript(inTree(rewrite, root), values).status).toBe(0);
  expect(contentOf(root, '/etc/default/replicated')).toBe(
    'DAEMON_TOKEN=10.0.1.67\nREPLICATED_OPTS=" -e DAEMON_TOKEN=10.0.1.67 -e NO_PROXY=10.0.9.14 -e TAGS=10.0.1.67"\n',
  );
});

test('the option PUBLIC_ADDRESS goes when the new machine has no public address', () => {
  const root = machine('circleci-services');
  const { public_ip: _, ...hidden } = newMachine;
  expect(runScript(inTree(rewrite, root), valuesOf(oldMachine, hidden)).status).toBe(0);
  expect(contentOf(root, '/etc/default/replicated-operator')).toContain(
    'REPLICATED_OPERATOR_OPTS=" -e TAGS=local -e LOG_LEVEL=info -e NODENAME=ip-10-0-9-14 --log-opt',
  );
});

test('the option PUBLIC_ADDRESS goes also where it is the first word of a value', () => {
  const root = machine('circleci-services');
  const { public_ip: _, ...hidden } = newMachine;
  const path = join(root, 'etc/default/replicated-operator');
  writeFileSync(
    path,
    `A="-e PUBLIC_ADDRESS=203.0.113.20 -e TAGS=local"\nB='-e PUBLIC_ADDRESS=203.0.113.20'\n`,
  );
  expect(runScript(inTree(rewrite, root), valuesOf(oldMachine, hidden)).status).toBe(0);
  expect(contentOf(root, '/etc/default/replicated-operator')).toBe(`A=" -e TAGS=local"\nB=''\n`);
});

test('a machine that keeps its address has only its names rewritten, its own lines of the hosts file included', () => {
  const root = machine('circleci-services');
  expect(
    runScript(inTree(rewrite, root), valuesOf(oldMachine, oldMachine, 'ci.new.example.com')).status,
  ).toBe(0);
  expect(contentOf(root, '/etc/hosts')).toContain('10.0.1.67   ci.new.example.com ci\n');
  expect(contentOf(root, '/etc/default/replicated')).toContain('PRIVATE_ADDRESS=10.0.1.67\n');
});

test.each(presentTools())(
  'under $shell with the awk of $awk the same bytes come out, and undo puts them back',
  (tools) => {
    const root = machine('circleci-services');
    const before = snapshot(root);
    const reference = machine('circleci-services');
    runScript(inTree(rewrite, reference), values);
    const run = runScript(inTree(rewrite, root), values, { tools });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    for (const path of Object.keys(snapshot(reference)).filter((each) =>
      statSync(join(reference, each)).isFile(),
    )) {
      expect(contentOf(root, path)).toBe(contentOf(reference, path));
    }
    expect(runScript(inTree(undo, root), { RestoreId: 'r1' }, { tools })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(existsSync(join(root, '/etc/cloud/cloud.cfg.d/99-snapkeep-hostname.cfg'))).toBe(false);
    expect(snapshot(root)).toEqual(withState(before, root));
  },
);

/** Undo leaves Snapkeep's own folder, and with it the folders above that the machine may not have had. */
function withState(before: Record<string, string>, root: string): Record<string, string> {
  const folders = ['/var', '/var/lib'].map((path) => [path, snapshot(root)[path] ?? '']);
  return { ...before, ...Object.fromEntries(folders) };
}

test('the output holds names and counts, never content, within the limit of Systems Manager', () => {
  const files: Record<string, string> = {};
  for (let index = 0; index < 160; index += 1) {
    files[`/etc/default/replicated-${'x'.repeat(180)}-${index}`] = 'SECRET=hunter2 10.0.1.67\n';
  }
  const root = plant(freshFolder(), files);
  const run = runScript(inTree(rewrite, root), values);
  expect(run.status).toBe(0);
  expect(run.stdout.length).toBeLessThan(24_000);
  expect(run.stdout).not.toContain('hunter2');
  expect(run.stdout).not.toContain('10.0.');
  const summary = readSummary(run.stdout);
  expect(summary.counts.changed).toBe(160);
  expect(summary.changed.length + summary.more).toBe(160);
  expect(summary.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(contentOf(root, '/var/lib/snapkeep/r1/rewrite-report.tsv').split('\n')).toHaveLength(161);
  expect(statSync(join(root, '/var/lib/snapkeep/r1')).mode & 0o777).toBe(0o700);
  expect(statSync(join(root, '/var/lib/snapkeep')).mode & 0o777).toBe(0o700);
});
