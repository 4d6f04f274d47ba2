import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enabledUnit, type MachineBench, startMachines } from '../support/machine-bench.ts';

let bench: MachineBench;
beforeAll(async () => {
  bench = await startMachines();
});
afterAll(() => bench.close());

const rootOf = (id: string): string => bench.sandbox.ec2.machine(id).root();
/** What each command says, on both streams, as one line. */
const each = async (id: string, ...commands: string[]): Promise<string[]> => {
  const script = commands.map((command) => `(${command}) 2>&1 | tr '\\n' ' '; echo`).join('\n');
  const lines = (await bench.say(id, script)).split('\n').slice(0, -1);
  return lines.map((line) => line.trim());
};
const statusOf = async (id: string, command: string): Promise<number> =>
  Number((await bench.say(id, `{ ${command}; } >/dev/null 2>&1 && echo 0 || echo $?`)).trim());

describe('systemctl of a machine', () => {
  test('knows what runs, what is enabled and what is masked, with the exit statuses of the real one', async () => {
    const id = bench.seed({
      ...enabledUnit('on'),
      '/usr/lib/systemd/system/off.service':
        '[Service]\nExecStart=/off\n[Install]\nWantedBy=multi-user.target\n',
      '/lib/systemd/system/static.service': '[Service]\nExecStart=/static\n',
      '/etc/systemd/system/hidden.service': { link: '/dev/null' },
    });
    expect(
      await each(
        id,
        'systemctl is-active on',
        'systemctl is-active off.service',
        'systemctl is-enabled on off static hidden gone',
        'systemctl show -p LoadState,ActiveState --value hidden',
        'systemctl show -p ActiveState -p SubState on',
        'systemctl status gone',
      ),
    ).toEqual([
      'active',
      'inactive',
      'enabled disabled static masked Failed to get unit file state for gone.service: No such file or directory',
      'masked inactive',
      'ActiveState=active SubState=running',
      'Unit gone.service could not be found.',
    ]);
    for (const [command, status] of [
      ['systemctl is-active --quiet on', 0],
      ['systemctl is-active off', 3],
      ['systemctl is-enabled off', 1],
      ['systemctl is-enabled static', 0],
      ['systemctl start hidden', 1],
      ['systemctl start gone', 5],
      ['systemctl stop gone', 5],
      ['systemctl status off', 3],
      ['systemctl status gone', 4],
      ['systemctl nonsense', 1],
    ] as const)
      expect([command, await statusOf(id, command)]).toEqual([command, status]);
  });

  test('starts, stops and restarts, and every start is told with what it was started with', async () => {
    const id = bench.seed({
      ...enabledUnit('app', '[Service]\nEnvironmentFile=/etc/app.env\nExecStart=/opt/app\n'),
      '/etc/app.env': 'PEER=http://10.1.1.1:8080\n',
    });
    await bench.say(
      id,
      'systemctl stop app\necho PEER=http://10.2.2.2 >"$SNAPKEEP_ROOT/etc/app.env"\nsleep 5\nservice app start\nsleep 5\nsystemctl restart app',
    );
    const events = bench.sandbox.machines.events(id);
    const units = events.flatMap((event) => (event.kind === 'unit' ? [event] : []));
    expect(units.map(({ action }) => action)).toEqual(['stop', 'start', 'stop', 'start']);
    const [stop, start, , again] = units;
    expect(start?.hosts).toEqual(['10.2.2.2']);
    expect([start?.at, again?.at].map((at = 0) => at - (stop?.at ?? 0))).toEqual([5000, 10_000]);
    expect(bench.sandbox.machines.connections(id)).toMatchObject([
      { host: '10.2.2.2', port: 80, file: '/etc/app.env', allowed: true },
      { host: '10.2.2.2', port: 80 },
    ]);
  });

  test('refuses to mask a unit whose own file is in /etc, as systemd does, and masks any other', async () => {
    const id = bench.seed({
      ...enabledUnit('own'),
      '/usr/lib/systemd/system/vendor.service': '[Service]\nExecStart=/vendor\n',
    });
    expect(
      await each(
        id,
        'systemctl mask own',
        'systemctl mask vendor',
        'systemctl is-enabled vendor',
        'systemctl unmask vendor',
        'systemctl is-enabled vendor',
      ),
    ).toEqual([
      'Failed to mask unit: File /etc/systemd/system/own.service already exists.',
      'Created symlink /etc/systemd/system/vendor.service -> /dev/null.',
      'masked',
      'Removed /etc/systemd/system/vendor.service.',
      'static',
    ]);
    // A mask in /run does not win over a file in /etc, one of higher rank does.
    expect(await statusOf(id, 'systemctl mask --runtime own; systemctl restart own')).toBe(0);
    await bench.say(
      id,
      'mkdir -p "$SNAPKEEP_ROOT/etc/systemd/system.control"; ln -s /dev/null "$SNAPKEEP_ROOT/etc/systemd/system.control/own.service"; systemctl daemon-reload',
    );
    expect(await statusOf(id, 'systemctl restart own')).toBe(1);
  });

  test('enables and disables by links that the machine itself can follow', async () => {
    const id = bench.seed({
      '/usr/lib/systemd/system/late.service':
        '[Service]\nExecStart=/late\n[Install]\nWantedBy=multi-user.target\nRequiredBy=other.target\n',
    });
    await bench.say(id, 'systemctl enable --now late');
    const link = join(rootOf(id), 'etc/systemd/system/multi-user.target.wants/late.service');
    expect(readlinkSync(link)).toBe('/usr/lib/systemd/system/late.service');
    expect(existsSync(join(rootOf(id), 'etc/systemd/system/other.target.requires'))).toBe(true);
    expect(bench.sandbox.machines.activeUnits(id)).toEqual(['late.service']);
    await bench.say(id, 'systemctl disable --now late');
    expect(existsSync(link)).toBe(false);
    expect(bench.sandbox.machines.activeUnits(id)).toEqual([]);
  });

  test('honours conditions, drop-ins, requirements and missing environment files', async () => {
    const id = bench.seed({
      '/etc/systemd/system/base.service': '[Service]\nExecStart=/base\n',
      '/etc/systemd/system/needs.service':
        '[Unit]\nRequires=base.service \\\n  docker.service\n[Service]\nExecStart=/needs\n',
      '/etc/systemd/system/docker.service': '[Service]\nExecStart=/docker\n',
      '/etc/systemd/system/docker.service.wants/follower.service': { link: '../follower.service' },
      '/etc/systemd/system/follower.service': '[Service]\nExecStart=/follower\n',
      '/etc/systemd/system/base.service.d/10-wait.conf': '[Unit]\nConditionPathExists=/etc/released\n',
      '/etc/systemd/system/envless.service': '[Service]\nEnvironmentFile=/etc/none\nExecStart=/x\n',
      '/etc/systemd/system/broken.service': '[Unit]\nRequires=envless.service\n[Service]\nExecStart=/x\n',
    });
    expect(await statusOf(id, 'systemctl start needs')).toBe(0);
    expect(bench.sandbox.machines.activeUnits(id)).toEqual([
      'docker.service',
      'follower.service',
      'needs.service',
    ]);
    expect(await statusOf(id, 'systemctl start broken')).toBe(1);
    await bench.say(id, ': >"$SNAPKEEP_ROOT/etc/released"; systemctl start base');
    const told = bench.sandbox.machines
      .events(id)
      .flatMap((event) => (event.kind === 'unit' ? `${event.action} ${event.unit}` : []));
    expect(told).toEqual([
      'skipped base.service',
      'start docker.service',
      'start follower.service',
      'start needs.service',
      'failed envless.service',
      'failed broken.service',
      'start base.service',
    ]);
  });
});

describe('the other stand-ins', () => {
  test('name the machine, and not the computer that runs the sandbox', async () => {
    const id = bench.seed();
    expect(
      await each(
        id,
        'hostname',
        'hostnamectl set-hostname ci.new.example.com; hostname; hostname -s',
        "hostnamectl set-hostname 'a b'",
        'hostname transient; hostname; hostnamectl --static',
        'hostname -f',
      ),
    ).toEqual([
      'ip-10-0-1-67',
      'ci.new.example.com ci',
      "Could not set static hostname: Invalid static hostname 'a b'",
      'transient ci.new.example.com',
      expect.stringMatching(/^ip-172-31-\d+-\d+\.eu-west-1\.compute\.internal$/),
    ]);
    expect(readFileSync(join(rootOf(id), 'etc/hostname'), 'utf8')).toBe('ci.new.example.com\n');
  });

  test('make host keys that are missing, and only those', async () => {
    const id = bench.seed({ '/etc/ssh/ssh_host_rsa_key': 'old' });
    await bench.say(
      id,
      'ssh-keygen -A -f "$SNAPKEEP_ROOT"\nssh-keygen -q -t ed25519 -N "" -f "$SNAPKEEP_ROOT/root/key"',
    );
    expect(readFileSync(join(rootOf(id), 'etc/ssh/ssh_host_rsa_key'), 'utf8')).toBe('old');
    expect(readFileSync(join(rootOf(id), 'etc/ssh/ssh_host_ed25519_key'), 'utf8')).toMatch(/no secret/);
    expect(readFileSync(join(rootOf(id), 'root/key.pub'), 'utf8')).toMatch(/^ssh-ed25519 /);
  });

  test('let curl reach the services of the machine that run, and nothing else', async () => {
    const id = bench.seed({
      ...enabledUnit('go-server'),
      '/etc/hosts': '127.0.1.1 gocd.example.com\n10.9.9.9 other.example.com\n',
    });
    expect(
      await each(
        id,
        'curl -fsS http://localhost:8153/go/api/v1/health',
        "curl -s -o /dev/null -w '%{http_code}' http://gocd.example.com:8153/go/none",
        'curl -fsS http://127.0.0.1:8153/go/none',
        'curl --max-time 5 -sS -H "Accept: text/plain" other.example.com',
        'curl -sS https://example.com/',
        'curl -sS localhost:80/health-check',
        'curl -sS -o "$SNAPKEEP_ROOT/answer" localhost:8153/go/api/v1/health; cat "$SNAPKEEP_ROOT/answer"',
      ),
    ).toEqual([
      '{"health": "OK"}',
      '404',
      'curl: (22) The requested URL returned error: 404',
      'curl: (7) Failed to connect to other.example.com port 80: Connection timed out',
      'curl: (6) Could not resolve host: example.com',
      'curl: (7) Failed to connect to localhost port 80: Connection refused',
      '{"health": "OK"}',
    ]);
    expect(await statusOf(id, 'curl -s https://example.com/')).toBe(6);
    await bench.say(id, 'systemctl stop go-server');
    expect(await statusOf(id, 'curl -s http://localhost:8153/go/api/v1/health')).toBe(7);
  });

  test('know no SELinux unless the tree says so, and note what was asked of them', async () => {
    const id = bench.seed({ '/etc/selinux/config': '# a comment\nSELINUX=enforcing\n' });
    expect(await each(id, 'getenforce', 'restorecon -R /etc', 'logger hello')).toEqual(['Enforcing', '', '']);
    expect(await each(bench.seed(), 'getenforce')).toEqual(['Disabled']);
    expect(
      bench.sandbox.machines.events(id).flatMap((event) => (event.kind === 'tool' ? event.detail : [])),
    ).toEqual(['restorecon -R /etc', 'logger hello']);
  });
});
