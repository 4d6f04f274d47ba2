import { describe, expect, it, vi } from 'vitest';
import {
  aDatabasePoint,
  aMachinePoint,
  ciManifest,
  ciPlan,
  databaseSource,
  machineSource,
  RestoreBench,
} from '../support/restore-bench.ts';

describe('a restore of CircleCI server with its database', () => {
  it('launches in quarantine, rewrites, and only then releases and starts the application', async () => {
    const bench = new RestoreBench();
    const report = await bench.report();
    expect(report.status).toBe('completed');
    expect(bench.machines.log).toEqual(['launch i-new1 in sg-quarantine', 'release i-new1 into sg-ci']);
    expect(report.steps.map(({ name, result }) => `${name}: ${result}`)).toEqual([
      'start-databases: done',
      'launch: done',
      'running: done',
      'status-checks: done',
      'databases: done',
      'agent: done',
      'rewrite: done',
      'release: done',
      'start-units: done',
      'step-stop-app: done',
      'step-set-hostname: done',
      'step-remove-nomad-state: done',
      'step-restart-services: done',
      'step-start-app: done',
      'check-health: done',
    ]);
    expect(bench.commands.actions).toEqual(
      report.steps.slice(6).flatMap(({ name }) => (name === 'release' ? [] : [name])),
    );
  });

  it('tells the rewrite every old and new address, the new database among them', async () => {
    const bench = new RestoreBench();
    const report = await bench.report();
    const [rewrite] = bench.commands.ran;
    expect(rewrite?.parameters.AddressMap?.split(',')).toEqual([
      '10.0.1.67=10.0.9.14',
      '203.0.113.20=198.51.100.77',
      'ip-10-0-1-67.eu-west-1.compute.internal=ip-10-0-9-14.eu-west-1.compute.internal',
      'ip-10-0-1-67=ip-10-0-9-14',
      'ec2-203-0-113-20=ec2-198-51-100-77',
      'circle-db.abc.eu-west-1.rds.amazonaws.com=circle-db-r-one.abc.eu-west-1.rds.amazonaws.com',
    ]);
    expect(report.addresses.at(-1)?.what).toBe(`endpoint of ${databaseSource}`);
    expect(report.databases[0]?.new_id).toBe('circle-db-r-one');
  });

  it('reports old and new, the files that changed, the time to the check that passed, and what remains', async () => {
    const report = await new RestoreBench().report();
    expect(report.machines[0]?.old).toMatchObject({ id: 'i-0aaa1111bbb22222c', private_ip: '10.0.1.67' });
    expect(report.machines[0]?.new).toMatchObject({ id: 'i-new1', private_ip: '10.0.9.14' });
    expect(report.files[0]).toMatchObject({
      source: machineSource,
      changed: [{ path: '/etc/default/replicated', replacements: 3 }, { replacements: 4 }],
      left: [{ path: '/etc/environment', reason: 'symbolic-link' }],
    });
    expect(report.checks).toEqual([{ name: 'check-health', result: 'passed' }]);
    // Five minutes for the database, then nine commands of ten seconds each.
    expect(report.recovery_seconds).toBeGreaterThan(300);
    expect(report.recovery_seconds).toBeLessThan(600);
    expect(report.remains.join('\n')).toMatch(/Nomad clients/);
    expect(report.remains.join('\n')).toMatch(/next backup of ci takes i-new1 by its tags\./);
  });

  it('holds the units back by the user data of the launch, without the old user data', async () => {
    const bench = new RestoreBench();
    await bench.run();
    const [machine] = bench.machines.machines.values();
    expect(machine?.order.userData).toMatch(/text\/cloud-boothook/);
    expect(machine?.order.userData).toMatch(/replicated\.service/);
    expect(machine?.order.userData).not.toMatch(/old user data/);
    const again = new RestoreBench({ machines: { old: { state: 'stopped' } } });
    await again.run({ userData: 'again' });
    expect([...again.machines.machines.values()][0]?.order.userData).toMatch(/old user data/);
  });

  it('takes the newest complete backup for latest, and remembers which one it was', async () => {
    const older = ciManifest({ backup_id: '1795053600_2026_11_19_ci' });
    const partial = ciManifest({ backup_id: '1795150000_2026_11_20_ci', status: 'partial' });
    const bench = new RestoreBench({ manifests: [older, partial] });
    const first = await bench.report();
    expect(first.backup_id).toBe(older.backup_id);
    const later = new RestoreBench({ vault: bench.vault });
    const second = await later.report();
    expect(second.backup_id).toBe(older.backup_id);
    expect(later.machines.machines.size).toBe(0);
  });

  it('leaves the application held back when it is not to be started, and says how to start it', async () => {
    const bench = new RestoreBench();
    const report = await bench.report({ startApplication: false });
    expect(bench.commands.actions).toEqual(['rewrite']);
    expect(report.remains.join('\n')).toMatch(/prod-eu-circleci-server-start-units/);
  });

  it('warns of two live copies when the old machine still runs', async () => {
    const report = await new RestoreBench({ machines: { old: { state: 'running' } } }).report();
    expect(report.warnings.join('\n')).toMatch(/i-0aaa1111bbb22222c still runs.*two live copies/);
    expect(report.remains.join('\n')).toMatch(/Retire i-0aaa1111bbb22222c \(now i-new1\)/);
  });

  it('says so when a database of the backup is left out', async () => {
    const bench = new RestoreBench();
    const report = await bench.report({ only: [machineSource] });
    expect(bench.rds.made.size).toBe(0);
    expect(report.warnings.join('\n')).toMatch(/rds\/circle-db is not restored.*live database/);
  });

  it('says so when a machine of the application is left out, which the restored one then still calls', async () => {
    const other = aMachinePoint({ private_ip: '10.0.1.68', public_ip: '', hostname: 'ip-10-0-1-68' });
    const recovery_points = [aMachinePoint(), { ...other, source: { ...other.source, id: 'i-0bbb' } }];
    const report = await new RestoreBench({ manifests: [ciManifest({ recovery_points })] }).report({
      only: [machineSource],
    });
    expect(report.warnings.join('\n')).toMatch(/ec2\/i-0bbb is not restored: .* the live machine/);
    const all = await new RestoreBench({ manifests: [ciManifest({ recovery_points })] }).report();
    expect(all.warnings.join('\n')).not.toContain('is not restored');
    // The machines of a fleet do not belong together.
    const manifests = [ciManifest({ application: null, recovery_points })];
    const fleet = await new RestoreBench({ manifests }).report({ only: [machineSource] });
    expect(fleet.warnings.join('\n')).not.toContain('is not restored');
  });

  it('says where the old public address stays, when the new machine has none in its place', async () => {
    const machines = { publicIp: undefined };
    const report = await new RestoreBench({ machines }).report();
    expect(report.warnings.join('\n')).toMatch(
      /no public address in place of 203\.0\.113\.20: where that stands/,
    );
    const moved = await new RestoreBench({
      machines,
      manifests: [
        ciManifest({ recovery_points: [aMachinePoint({ elastic_ip: 'eipalloc-1' }), aDatabasePoint()] }),
      ],
    }).report({ elasticIp: 'move' });
    expect(moved.warnings.join('\n')).not.toContain('in place of');
  });

  it('brings back several machines, each with steps of its own', async () => {
    const other = aMachinePoint({ private_ip: '10.0.1.68', public_ip: '', hostname: 'ip-10-0-1-68' });
    const second = { ...other, source: { ...other.source, id: 'i-0bbb' } };
    const bench = new RestoreBench({
      manifests: [ciManifest({ recovery_points: [aMachinePoint(), second] })],
    });
    const report = await bench.report();
    expect(report.status).toBe('completed');
    expect(bench.machines.log.filter((line) => line.startsWith('release'))).toHaveLength(2);
    expect(report.steps.map(({ name }) => name)).toContain('check-health ec2/i-0bbb');
    expect(report.files.map(({ source }) => source)).toEqual([machineSource, 'ec2/i-0bbb']);
    expect(new Set(bench.commands.ran.map(({ machine }) => machine)).size).toBe(2);
  });

  it('tells each of several machines what the others are called now', async () => {
    const other = aMachinePoint({
      private_ip: '10.0.1.68',
      public_ip: '203.0.113.21',
      private_dns: 'ip-10-0-1-68.eu-west-1.compute.internal',
      // The same on both, as in images of one origin: each keeps to its own.
      hostname: 'ip-10-0-1-67',
    });
    const second = { ...other, source: { ...other.source, id: 'i-0bbb' } };
    const bench = new RestoreBench({
      manifests: [ciManifest({ recovery_points: [aMachinePoint(), second] })],
    });
    const report = await bench.report();
    expect(report.status).toBe('completed');
    const [first, last] = bench.commands.ran
      .filter(({ parameters }) => parameters.AddressMap !== undefined)
      .map(({ parameters }) => parameters.AddressMap?.split(','));
    expect(first).toEqual(
      expect.arrayContaining(['10.0.1.67=10.0.9.14', '10.0.1.68=10.0.9.15', 'ip-10-0-1-67=ip-10-0-9-14']),
    );
    expect(last).toEqual(
      expect.arrayContaining(['10.0.1.68=10.0.9.15', '10.0.1.67=10.0.9.14', 'ip-10-0-1-67=ip-10-0-9-15']),
    );
    expect(last).toContain('ip-10-0-1-67.eu-west-1.compute.internal=ip-10-0-9-14.eu-west-1.compute.internal');
    const own = bench.commands.ran.map(({ parameters }) => parameters.OwnAddresses).filter(Boolean);
    expect(own).toEqual(['10.0.1.67,203.0.113.20', '10.0.1.68,203.0.113.21']);
  });

  it('restores databases alone', async () => {
    const bench = new RestoreBench();
    const report = await bench.report({ only: [databaseSource] });
    expect(report.steps.map(({ name }) => name)).toEqual(['start-databases', 'databases']);
    expect(bench.machines.machines.size).toBe(0);
    expect(report.recovery_seconds).toBeGreaterThanOrEqual(300);
  });
});

describe('the private address of a restored machine', () => {
  it('is the old one when that is free in the same subnet, and then nothing needs rewriting', async () => {
    const point = aMachinePoint();
    const { public_ip: _, ...hidden } = point.relaunch;
    const manifest = ciManifest({ recovery_points: [{ ...point, relaunch: hidden }] });
    const bench = new RestoreBench({ manifests: [manifest], machines: { addressFree: true } });
    const report = await bench.report();
    expect(report.machines[0]?.new?.private_ip).toBe('10.0.1.67');
    expect(report.steps.find(({ name }) => name === 'rewrite')).toMatchObject({
      result: 'skipped',
      note: expect.stringMatching(/nothing needs rewriting/),
    });
    expect(bench.commands.actions[0]).toBe('start-units');
  });

  it('is another one when somebody takes it between the look and the launch', async () => {
    const refuse = ({ privateIp }: { privateIp?: string }) =>
      privateIp === undefined
        ? undefined
        : ({ state: 'failed', reason: 'in use', addressTaken: true } as const);
    const auto = new RestoreBench({ machines: { addressFree: true, refuse } });
    expect((await auto.report()).machines[0]?.new?.private_ip).toBe('10.0.9.14');
    const keep = new RestoreBench({ machines: { addressFree: true, refuse } });
    expect(await keep.report({ privateIp: 'keep' })).toMatchObject({
      status: 'failed',
      failure: { step: 'launch' },
    });
  });

  it('is a new one when that is asked for', async () => {
    const bench = new RestoreBench({ machines: { addressFree: true } });
    expect((await bench.report({ privateIp: 'new' })).machines[0]?.new?.private_ip).toBe('10.0.9.14');
  });

  it('is refused where it must be kept and cannot', async () => {
    const taken = new RestoreBench();
    await expect(taken.run({ privateIp: 'keep' })).rejects.toThrow(/10\.0\.1\.67.*is in use/);
    const plan = ciPlan({ restore: { ...ciPlan().restore, subnet: 'subnet-0bbb' } });
    const elsewhere = new RestoreBench({ plan, machines: { addressFree: true } });
    await expect(elsewhere.run({ privateIp: 'keep' })).rejects.toThrow(/needs subnet-0aaa/);
    expect(elsewhere.machines.machines.size).toBe(0);
  });
});

describe('switching over', () => {
  const elastic = aMachinePoint({ elastic_ip: { allocation_id: 'eipalloc-1', public_ip: '203.0.113.20' } });
  const manifests = [ciManifest({ recovery_points: [elastic] })];
  const attached = { elasticIp: { address: '203.0.113.20', attachedTo: 'i-0aaa1111bbb22222c' } };

  it('moves the Elastic IP between rewrite and start, and the rewrite leaves it as it is', async () => {
    const bench = new RestoreBench({
      manifests,
      machines: { old: { state: 'gone', elasticIp: { address: '203.0.113.20' } } },
    });
    const report = await bench.report({ elasticIp: 'move' });
    expect(report.steps.slice(5, 8).map(({ name }) => name)).toEqual([
      'release',
      'elastic-ip',
      'start-units',
    ]);
    expect(bench.machines.log.at(-1)).toBe('move 203.0.113.20 to i-new1');
    expect(bench.commands.ran[0]?.parameters.AddressMap).not.toMatch(/203\.0\.113\.20/);
    expect(report.machines[0]?.new?.public_ip).toBe('203.0.113.20');
  });

  it('asks for a confirmation when the machine that has it still runs, and takes exactly that digest', async () => {
    const bench = new RestoreBench({ manifests, machines: { old: { state: 'running', ...attached } } });
    const refusal = await bench.run({ elasticIp: 'move' }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/203\.0\.113\.20 would be taken/),
    });
    const digest = /--confirm ([0-9a-f]{12})/.exec((refusal as { remedy: string }).remedy)?.[1];
    await expect(bench.run({ elasticIp: 'move', confirm: 'abcdef123456' })).rejects.toMatchObject({
      kind: 'refused',
    });
    expect(bench.machines.machines.size).toBe(0);
    expect((await bench.report({ elasticIp: 'move', confirm: digest })).status).toBe('completed');
  });

  it('does not take the address from a machine that was started since, until it is free', async () => {
    const bench = new RestoreBench({ manifests });
    const id = 'i-0aaa1111bbb22222c';
    const look = vi.spyOn(bench.machines, 'oldMachine');
    look.mockResolvedValue({ id, state: 'running', ...attached });
    look.mockResolvedValueOnce({ id, state: 'stopped', ...attached });
    const failed = await bench.report({ elasticIp: 'move' });
    expect(failed.status).toBe('failed');
    expect(failed.failure).toMatchObject({
      step: 'elastic-ip',
      reason: expect.stringContaining('disassociate it, then resume the restore'),
    });
    expect(bench.machines.log.some((line) => line.startsWith('move'))).toBe(false);
    look.mockResolvedValue({ id, state: 'running', elasticIp: { address: '203.0.113.20' } });
    expect((await bench.report(undefined, { resume: true })).status).toBe('completed');
  });

  it('points the name at the public address, or at the private one where the record held a private one', async () => {
    const dns = { hostedZoneId: 'Z0123456789', name: 'ci.example.com', ttl: 30 };
    const bench = new RestoreBench();
    const report = await bench.report({ dns });
    expect(bench.dns.records.get('ci.example.com')).toMatchObject({
      address: '198.51.100.77',
      ttlSeconds: 30,
    });
    expect(report.steps.at(-1)?.note).toMatch(/ci\.example\.com is 198\.51\.100\.77/);
    const inside = new RestoreBench();
    inside.dns.records.set('ci.example.com', { zoneId: '', name: '', ttlSeconds: 60, address: '10.0.1.67' });
    await inside.run({ dns });
    expect(inside.dns.records.get('ci.example.com')?.address).toBe('10.0.9.14');
  });
});

describe('a plain relaunch', () => {
  it('goes into its own groups at once, runs no command, and says that nothing is rewritten', async () => {
    const plan = ciPlan();
    const { application: _, ...plain } = plan;
    const manifests = [ciManifest({ application: null, recovery_points: [aMachinePoint()] })];
    const bench = new RestoreBench({ plan: plain, manifests });
    const report = await bench.report();
    expect(report.status).toBe('completed');
    expect(bench.machines.log).toEqual(['launch i-new1 in sg-ci']);
    expect(bench.commands.ran).toEqual([]);
    expect(report.warnings.join('\n')).toMatch(/names no application.*nothing is rewritten/);
    expect(report.recovery_seconds).not.toBeNull();
  });

  it('of an application without a profile stays in quarantine and says what a person has to do', async () => {
    const bench = new RestoreBench({ application: () => undefined });
    const report = await bench.report();
    expect(bench.machines.log).toEqual(['launch i-new1 in sg-quarantine']);
    expect(report.warnings.join('\n')).toMatch(/no profile of circleci-server/);
    expect(report.remains.join('\n')).toMatch(/by hand/);
  });
});
