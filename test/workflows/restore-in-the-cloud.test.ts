import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { region, startProcess } from '../support/cloud.ts';
import {
  oldMachine,
  type RestoringCloud,
  startRestore,
  startRestoringCloud,
} from '../support/restoring-cloud.ts';

let cloud: RestoringCloud;
afterEach(async () => {
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
});

const fileOf = (machine: string, path: string): string =>
  readFileSync(join(cloud.sandbox.ec2.machine(machine).root(), path), 'utf8');

const instances = () => cloud.sandbox.ec2.region(region).instances;

async function terminateOld(clients: ReturnType<typeof startRestore>['clients']): Promise<void> {
  const { TerminateInstancesCommand } = await import('@aws-sdk/client-ec2');
  await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [oldMachine] }));
  await cloud.clock.sleep(120_000);
}

/** Of the machine as it is now. */
async function backUpAgain(): Promise<void> {
  const { deps, clients, engine } = startProcess(cloud, { plans: [cloud.plan] });
  await engine().run(backupWorkflow(deps), { plan: cloud.plan.name, slot: '2026-11-20T03:00:00Z' });
  clients.destroy();
}

const quarantine = 'sg-0ccc1111cccc1111c';
const oldDatabase = /^circle-db\./;

describe('a restore of CircleCI server against the sandbox', () => {
  it('ends with a machine whose application answers at its new address, and never ran with the old one', async () => {
    cloud = await startRestoringCloud();
    const before = fileOf(oldMachine, 'etc/default/replicated-operator');
    const { run, report, clients } = startRestore(cloud);
    expect(await run({})).toMatchObject({ status: 'completed', attempt: 1 });
    const written = await report();
    clients.destroy();

    const made = written.machines[0]?.new;
    const id = made?.id ?? '';
    expect(written.checks).toEqual([{ name: 'check-health', result: 'passed' }]);
    expect(made?.private_ip).toMatch(/^10\.0\.9\./);
    const after = fileOf(id, 'etc/default/replicated-operator');
    expect(after).toContain(`DAEMON_ENDPOINT=${made?.private_ip}:9879`);
    expect(after).not.toContain('10.0.1.67');
    const token = /DAEMON_TOKEN=.*/;
    expect(token.exec(after)?.[0]).toBe(token.exec(before)?.[0]);
    const endpoint = written.databases[0]?.endpoints[0]?.new ?? 'none';
    expect(fileOf(id, 'etc/circleconfig/vm-service/customizations')).toContain(endpoint);
    expect(cloud.sandbox.machines.activeUnits(id)).toContain('replicated.service');
    expect(instances().get(id)?.tags.get('snapkeep:restore')).toBe('one');
    // The old machine is as it was.
    expect(fileOf(oldMachine, 'etc/default/replicated-operator')).toBe(before);
    expect(written.machines[0]?.old).toMatchObject({ id: oldMachine, state: 'running' });
    expect(written.warnings.join('\n')).toMatch(/two live copies/);
    expect(written.warnings.join('\n')).toMatch(/no public address in place of 203\.0\.113\.20/);

    // Not one start of a unit and not one connection before the rewrite is done, and none to the old database ever.
    const events = cloud.sandbox.machines.events(id);
    const rewritten = events.findIndex(
      (event) => event.kind === 'command' && event.detail.endsWith('-rewrite'),
    );
    expect(rewritten).toBeGreaterThan(0);
    const early = events.slice(0, rewritten);
    expect(early.filter(({ kind }) => kind === 'unit' || kind === 'connection')).toEqual([]);
    expect(cloud.sandbox.machines.unitStarts(id).length).toBeGreaterThan(3);
    const connections = cloud.sandbox.machines.connections(id);
    expect(connections.length).toBeGreaterThan(0);
    expect(connections.filter(({ host }) => oldDatabase.test(host))).toEqual([]);
  });

  it('lets nothing out of the quarantine where units win the race against the boothook', async () => {
    cloud = await startRestoringCloud({ machines: { unitsWinRace: true } });
    const { run, report, clients } = startRestore(cloud);
    await run({});
    const id = (await report()).machines[0]?.new?.id ?? '';
    clients.destroy();
    const early = cloud.sandbox.machines.connections(id).filter(({ host }) => oldDatabase.test(host));
    expect(early.length).toBeGreaterThan(0);
    for (const connection of early)
      expect(connection).toMatchObject({ groups: [quarantine], allowed: false });
    expect(await report()).toMatchObject({ status: 'completed' });
  });

  it('stops what the boothook did not hold back before it lets the machine out of the quarantine', async () => {
    cloud = await startRestoringCloud();
    // Images in which cloud-init is switched off take no notice of user data.
    const off = join(cloud.sandbox.ec2.machine(oldMachine).root(), 'etc/cloud/cloud-init.disabled');
    writeFileSync(off, '');
    await backUpAgain();
    const { run, report, clients } = startRestore(cloud);
    await run({});
    const written = await report();
    const id = written.machines[0]?.new?.id ?? '';
    clients.destroy();
    expect(written).toMatchObject({ status: 'completed' });
    const toOld = cloud.sandbox.machines.connections(id).filter(({ host }) => oldDatabase.test(host));
    expect(toOld.length).toBeGreaterThan(0);
    expect(toOld.filter(({ allowed }) => allowed)).toEqual([]);
    const events = cloud.sandbox.machines.events(id);
    const rewritten = events.findIndex(
      (event) => event.kind === 'command' && event.detail.endsWith('-rewrite'),
    );
    const running = new Set<string>();
    for (const event of events.slice(0, rewritten)) {
      if (event.kind !== 'unit') continue;
      if (event.action === 'start') running.add(event.unit);
      else running.delete(event.unit);
    }
    expect(events.slice(0, rewritten)).toContainEqual(
      expect.objectContaining({ kind: 'unit', action: 'start', cause: 'boot', unit: 'docker.service' }),
    );
    expect([...running]).toEqual([]);
  });

  it('leaves behind the document by which a person puts back what was rewritten', async () => {
    cloud = await startRestoringCloud();
    const { run, report, clients } = startRestore(cloud);
    await run({ startApplication: false });
    const id = (await report()).machines[0]?.new?.id ?? '';
    expect(fileOf(id, 'etc/default/replicated')).not.toContain('10.0.1.67');
    const { GetCommandInvocationCommand, SendCommandCommand } = await import('@aws-sdk/client-ssm');
    const undo = { DocumentName: 'prod-eu-circleci-server-undo', Parameters: { RestoreId: ['one'] } };
    const { Command } = await clients.ssm.send(new SendCommandCommand({ ...undo, InstanceIds: [id] }));
    const sent = { CommandId: Command?.CommandId, InstanceId: id };
    await expect
      .poll(
        async () => {
          await cloud.clock.sleep(5000);
          return (await clients.ssm.send(new GetCommandInvocationCommand(sent))).Status;
        },
        { timeout: 10_000 },
      )
      .toBe('Success');
    clients.destroy();
    expect(fileOf(id, 'etc/default/replicated')).toBe(fileOf(oldMachine, 'etc/default/replicated'));
  });

  it('leaves a name of the machine alone that somebody gave it', async () => {
    cloud = await startRestoringCloud();
    writeFileSync(join(cloud.sandbox.ec2.machine(oldMachine).root(), 'etc/hostname'), 'build\n');
    await backUpAgain();
    const { run, report, clients } = startRestore(cloud);
    await run({});
    clients.destroy();
    expect(fileOf((await report()).machines[0]?.new?.id ?? '', 'etc/hostname')).toBe('build\n');
  });

  it('keeps the old private address and the Elastic IP where the old machine is gone', async () => {
    cloud = await startRestoringCloud({}, {});
    const { subnet: _, ...restore } = { ...cloud.plan.restore };
    const { run, report, clients } = startRestore(cloud, { plan: { ...cloud.plan, restore } });
    await terminateOld(clients);
    expect(await run({ elasticIp: 'move' })).toMatchObject({ status: 'completed' });
    const written = await report();
    clients.destroy();
    expect(written.machines[0]?.new).toMatchObject({ private_ip: '10.0.1.67', public_ip: '203.0.113.20' });
    expect(written.addresses.map(({ what }) => what)).toEqual(['endpoint of rds/circle-db']);
    expect(written.warnings).toEqual([]);
  });

  it('moves the service to another name, in the application’s settings and in the DNS', async () => {
    cloud = await startRestoringCloud();
    const { run, report, clients } = startRestore(cloud);
    const { CreateHostedZoneCommand } = await import('@aws-sdk/client-route-53');
    const zone = await clients.route53.send(
      new CreateHostedZoneCommand({ Name: 'new.example.com', CallerReference: 'test' }),
    );
    const hostedZoneId = zone.HostedZone?.Id?.split('/').at(-1);
    const dns = { hostedZoneId: hostedZoneId ?? '', name: 'ci.new.example.com', ttl: 30 };
    expect(await run({ hostname: 'ci.new.example.com', dns })).toMatchObject({ status: 'completed' });
    const written = await report();
    clients.destroy();
    const id = written.machines[0]?.new?.id ?? '';
    expect(fileOf(id, 'etc/circle-installation-customizations')).toContain('https://ci.new.example.com');
    expect(written.steps.at(-1)).toMatchObject({
      name: 'dns',
      note: `ci.new.example.com is ${written.machines[0]?.new?.private_ip}`,
    });
    expect(written.remains.join('\n')).toMatch(/OAuth/);
  });

  it('refuses what no longer exists before it makes anything', async () => {
    cloud = await startRestoringCloud();
    const before = instances().size;
    const { run, clients } = startRestore(cloud);
    await expect(run({ keyName: 'gone' })).rejects.toThrow(/key pair gone no longer exists/);
    clients.destroy();
    expect(instances().size).toBe(before);
    expect(cloud.sandbox.s3.keys('acme-snapkeep-vault', 'ledger/ci/restores/')).toEqual([]);
  });

  it('refuses an agent that would put parameters into the script’s text', async () => {
    cloud = await startRestoringCloud({ machines: { agentVersion: '3.1.1732.0' } });
    const { run, report, clients } = startRestore(cloud);
    expect(await run({})).toMatchObject({ status: 'failed' });
    expect((await report()).failure).toMatchObject({
      step: 'agent',
      reason: expect.stringMatching(/3\.1\.1732\.0/),
    });
    clients.destroy();
  });
});
