import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, type MachineBench, sha256, startMachines } from '../support/machine-bench.ts';
import { codeOf } from '../support/refusal.ts';

let bench: MachineBench;
let id: string;
beforeAll(async () => {
  process.env.SNAPKEEP_TEST_SECRET = 'of-the-developer';
  bench = await startMachines();
  id = bench.seed({ '/etc/app.conf': 'address=10.0.1.67\n' });
});
afterAll(async () => {
  delete process.env.SNAPKEEP_TEST_SECRET;
  await bench.close();
});

const rootOf = (instance = id): string => bench.sandbox.ec2.machine(instance).root();

describe('a trusted document', () => {
  test('runs on the tree of the machine, with nothing in its environment but PATH and its parameters', async () => {
    const answer = await bench.run(id, {
      script: [
        'echo "$SSM_Address" >"$SNAPKEEP_ROOT/etc/new.conf"',
        'env | sed "s/=.*//" | sort',
        'pwd',
        'umask',
        'cat "$SNAPKEEP_ROOT/etc/app.conf"',
      ].join('\n'),
      parameters: { Address: '10.0.9.14; rm -rf "$(pwd)"' },
    });
    expect(answer.StandardErrorContent).toBe('');
    expect(answer).toMatchObject({ Status: 'Success', ResponseCode: 0 });
    expect(answer.StandardOutputContent).toBe(
      `PATH\nPWD\nSNAPKEEP_STAND_INS\nSSM_Address\n${rootOf()}\n0022\naddress=10.0.1.67\n`,
    );
    expect(readFileSync(join(rootOf(), 'etc/new.conf'), 'utf8')).toBe('10.0.9.14; rm -rf "$(pwd)"\n');
    expect(bench.sandbox.machines.events(id).at(-1)).toMatchObject({ kind: 'command', exitCode: 0 });
  });

  test('finds stand-ins first, then plain tools, and nothing else of this computer', async () => {
    const said = await bench.say(
      id,
      'for name in systemctl sleep awk mount reboot curl kill ip npm; do command -v $name || echo "no $name"; done; echo "$SNAPKEEP_STAND_INS"',
    );
    const lines = said.trimEnd().split('\n');
    const standIns = lines.at(-1);
    expect(lines.slice(0, 2)).toEqual([`${standIns}/systemctl`, `${standIns}/sleep`]);
    expect(lines[2]).toMatch(/\/tools\/awk$/);
    expect(lines.slice(3, -1)).toEqual([
      'no mount',
      'no reboot',
      `${standIns}/curl`,
      // A builtin of the shell.
      'kill',
      'no ip',
      'no npm',
    ]);
  });

  test('is another one with a single byte changed, and then it does not run as this one does', async () => {
    const script = 'echo touched >"$SNAPKEEP_ROOT/etc/touched"';
    const content = documentOf({ script });
    bench.sandbox.machines.trust(sha256(content));
    const send = async (Name: string, Content: string) => {
      await bench.ssm.send(new CreateDocumentCommand({ Name, DocumentType: 'Command', Content }));
      const { Command } = await bench.ssm.send(
        new SendCommandCommand({ DocumentName: Name, InstanceIds: [id] }),
      );
      bench.advance(3);
      return bench.ssm.send(
        new GetCommandInvocationCommand({ CommandId: Command?.CommandId, InstanceId: id }),
      );
    };
    const changed = await send('one-byte', content.replace('touched >', 'Touched >'));
    expect(changed).toMatchObject({ Status: 'Failed', ResponseCode: 1, StandardOutputContent: '' });
    expect(changed.StandardErrorContent).toMatch(
      /^The sandbox does not know this script by its digest, so it would run isolated only, and .*\.\n$/,
    );
    expect(existsSync(join(rootOf(), 'etc/touched'))).toBe(false);
    expect(await send('as-it-was', content)).toMatchObject({ Status: 'Success' });
    expect(readFileSync(join(rootOf(), 'etc/touched'), 'utf8')).toBe('touched\n');
  });

  test('must have the line that names the root exactly once', async () => {
    const answer = await bench.run(id, { script: 'SNAPKEEP_ROOT=/\nrm -rf "$SNAPKEEP_ROOT"' });
    expect(answer).toMatchObject({
      Status: 'Failed',
      StandardErrorContent:
        'The script has 2 lines that read SNAPKEEP_ROOT=/; the sandbox needs exactly one.\n',
    });
  });

  test('is refused when a parameter would become part of its text', async () => {
    const answer = await bench.run(id, { script: 'echo {{ Name }}', parameters: { Name: 'x' } });
    expect(answer).toMatchObject({
      Status: 'Failed',
      StandardErrorContent: 'The document is trusted, but its script takes parameters as program text.\n',
    });
  });

  test('tells its exit status, and both streams cut as the service cuts them', async () => {
    const answer = await bench.run(id, {
      script: 'seq 1 9000; seq 1 9000 >&2; exit 7',
    });
    expect(answer).toMatchObject({ Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 7 });
    expect(answer.StandardOutputContent).toHaveLength(24_000);
    expect(answer.StandardErrorContent).toHaveLength(8_000);
  });

  test('sleeps in the time of the sandbox, and date agrees', async () => {
    const began = performance.now();
    const command = await bench.send(id, { script: 'date -u +%s\nsleep 90\nsleep 1m 30\ndate -u +%s' });
    const look = () =>
      bench.ssm.send(new GetCommandInvocationCommand({ CommandId: command, InstanceId: id }));
    expect(await codeOf(look())).toBe('InvocationDoesNotExist 400');
    bench.advance(0.6);
    expect(await look()).toMatchObject({ Status: 'Pending' });
    bench.advance(150);
    expect(await look()).toMatchObject({ Status: 'InProgress' });
    bench.advance(60);
    const answer = await look();
    expect(answer.Status).toBe('Success');
    const [from = 0, to = 0] = answer.StandardOutputContent?.trim().split('\n').map(Number) ?? [];
    expect(to - from).toBe(180);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('is ended with all its processes when the time of its step is over', async () => {
    const answer = await bench.run(id, {
      script: 'echo begun\nsleep 50\nsleep 11\ntouch "$SNAPKEEP_ROOT/etc/too-late"',
      timeoutSeconds: 60,
    });
    expect(answer).toMatchObject({ Status: 'TimedOut', StatusDetails: 'Execution Timed Out' });
    expect(answer.StandardOutputContent).toBe('begun\n');
    expect(existsSync(join(rootOf(), 'etc/too-late'))).toBe(false);
  });

  test('is ended when it keeps this computer busy for too long', async () => {
    bench.sandbox.machines.settings.commandSeconds = 0.5;
    const answer = await bench.run(id, { script: 'while :; do :; done', timeoutSeconds: 60 });
    bench.sandbox.machines.settings.commandSeconds = 60;
    expect(answer).toMatchObject({ Status: 'TimedOut' });
  });

  test('leaves nothing running in the background', async () => {
    await bench.say(id, '(while :; do date >>"$SNAPKEEP_ROOT/var/ticks"; done) >/dev/null 2>&1 &\necho done');
    const size = () =>
      existsSync(join(rootOf(), 'var/ticks')) ? readFileSync(join(rootOf(), 'var/ticks')).length : 0;
    const before = size();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(size()).toBe(before);
  });
});

describe('the agent', () => {
  test('of old passes no environment variables', async () => {
    bench.sandbox.machines.agentVersions.set(id, '3.3.2745.9');
    const { InstanceInformationList } = await bench.ssm.send(new DescribeInstanceInformationCommand({}));
    expect(InstanceInformationList?.find(({ InstanceId }) => InstanceId === id)?.AgentVersion).toBe(
      '3.3.2745.9',
    );
    const order = { script: 'env | grep ^SSM_Name || echo unset', parameters: { Name: 'x' } };
    expect((await bench.run(id, order)).StandardOutputContent).toBe('unset\n');
    bench.sandbox.machines.agentVersions.set(id, '3.3.2746.0');
    expect((await bench.run(id, order)).StandardOutputContent).toBe('SSM_Name=x\n');
  });

  test('is online some seconds after the boot, and not at all behind groups that let nothing out', async () => {
    const { groupId: shut } = bench.sandbox.ec2
      .seed('eu-west-1')
      .addSecurityGroup({ name: 'shut', egress: [] });
    const online = async (instance: string) => {
      const { InstanceInformationList = [] } = await bench.ssm.send(
        new DescribeInstanceInformationCommand({}),
      );
      return InstanceInformationList.find(({ InstanceId }) => InstanceId === instance)?.PingStatus;
    };
    const free = await bench.relaunch(id);
    expect(await online(free)).toBeUndefined();
    expect(await codeOf(bench.send(free, { script: 'true' }))).toBe('InvalidInstanceId 400');
    bench.advance(5);
    expect(await online(free)).toBe('Online');
    const silent = await bench.relaunch(id, { more: { SecurityGroupIds: [shut] } });
    bench.advance(60);
    expect(await online(silent)).toBeUndefined();
    const unknown = await bench.relaunch(id, { more: { IamInstanceProfile: undefined } });
    bench.advance(60);
    expect(await online(unknown)).toBeUndefined();
  });
});
