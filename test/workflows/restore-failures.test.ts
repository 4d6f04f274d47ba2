import { describe, expect, it } from 'vitest';
import type { CommandStanding } from '../../functions/applications/command-port.ts';
import { parseRestoreRequest } from '../../functions/plan/restore-request.ts';
import type { SnapkeepError } from '../../functions/shared/errors.ts';
import { prepareRestore } from '../../functions/workflows/restore/prepare.ts';
import { findUnfinished } from '../../functions/workflows/restore/unfinished.ts';
import type { RanCommand } from '../support/fake-restorer.ts';
import { aDatabasePoint, aMachinePoint, ciManifest, ciPlan, RestoreBench } from '../support/restore-bench.ts';

const broken = (action: string, exitCode = 76): ((command: RanCommand) => CommandStanding | undefined) => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
  return (command) =>
    command.action === action
      ? {
          state: 'failed',
          reason: `exit code ${exitCode}`,
          exitCode,
          stdout: lines,
          stderr: 'snapkeep: no.\n',
        }
      : undefined;
};

describe('a step that fails', () => {
  it('ends the attempt, leaves the machine as it is and reports exit code, last lines and how to go on', async () => {
    const bench = new RestoreBench();
    bench.commands.fails = broken('step-start-app');
    const report = await bench.report();
    expect(report.status).toBe('failed');
    expect(report.failure).toMatchObject({
      step: 'step-start-app',
      exit_code: 76,
      resume: 'snapkeep restore --resume one',
    });
    expect(report.failure?.output.slice(-2)).toEqual(['line 39', 'snapkeep: no.']);
    expect(report.failure?.output.length).toBeLessThan(20);
    expect(report.steps.at(-1)).toMatchObject({ name: 'check-health', result: 'not reached' });
    expect(report.recovery_seconds).toBeNull();
    expect(bench.machines.machines.size).toBe(1);
  });

  it('is where the next attempt goes on, with the same machine and no step done twice', async () => {
    const bench = new RestoreBench();
    bench.commands.fails = broken('step-start-app');
    await bench.run();
    bench.commands.fails = () => undefined;
    const report = await bench.report({}, { resume: true });
    expect(report).toMatchObject({ status: 'completed', attempt: 2, failure: null });
    const count = (action: string) => bench.commands.actions.filter((each) => each === action).length;
    expect([count('rewrite'), count('step-start-app'), count('check-health')]).toEqual([1, 2, 1]);
    expect(bench.machines.machines.size).toBe(1);
    expect((await bench.journal.lastReport('ci', 'one'))?.attempt).toBe(2);
  });

  it('is also gone on with by the same request, while a finished restore only answers what it was', async () => {
    const bench = new RestoreBench();
    bench.commands.fails = broken('rewrite', 74);
    expect(await bench.run()).toMatchObject({ status: 'failed', attempt: 1 });
    bench.commands.fails = () => undefined;
    expect(await bench.run()).toMatchObject({ status: 'completed', attempt: 2 });
    const before = bench.commands.ran.length;
    expect(await bench.run()).toMatchObject({ status: 'completed', attempt: 2 });
    expect(bench.commands.ran.length).toBe(before);
  });

  it('before the rewrite leaves the machine in quarantine', async () => {
    const bench = new RestoreBench();
    bench.commands.fails = broken('rewrite');
    await bench.run();
    expect([...bench.machines.machines.values()][0]?.groups).toEqual(['sg-quarantine']);
    expect(bench.commands.actions).toEqual(['rewrite']);
  });

  it('is sent again while an earlier run of the same script holds its lock', async () => {
    const bench = new RestoreBench();
    let refusals = 2;
    bench.commands.fails = (command) => {
      if (command.action !== 'rewrite' || refusals === 0) return undefined;
      refusals -= 1;
      return { state: 'failed', reason: 'exit code 75', exitCode: 75, stdout: '', stderr: '' };
    };
    expect(await bench.run()).toMatchObject({ status: 'completed' });
    expect(bench.commands.actions.filter((action) => action === 'rewrite')).toHaveLength(3);
  });

  it('ends it when a machine is refused or ends by itself, with the service’s reason', async () => {
    const refused = new RestoreBench({
      machines: { refuse: () => ({ state: 'failed', reason: 'the image ami-1 no longer exists' }) },
    });
    expect((await refused.report()).failure).toMatchObject({
      step: 'launch',
      reason: expect.stringMatching(/ami-1/),
    });
    const dead = new RestoreBench({ machines: { dies: 'Client.InternalError: the KMS key is disabled' } });
    const report = await dead.report();
    expect(report.failure).toMatchObject({ step: 'running', reason: expect.stringMatching(/KMS key/) });
    expect(report.machines[0]?.new).toMatchObject({ id: 'i-new1' });
  });

  it('ends it when a database fails, and keeps the machine for the next attempt', async () => {
    const bench = new RestoreBench();
    bench.rds.breaks = 'incompatible-restore';
    expect((await bench.report()).failure).toMatchObject({ step: 'databases' });
    bench.rds.breaks = undefined;
    expect(await bench.run({}, { resume: true })).toMatchObject({ status: 'completed' });
    expect(bench.machines.machines.size).toBe(1);
  });
});

describe('a wait whose time is up', () => {
  it('says how long it was, what was seen last and what to look at', async () => {
    const checks = new RestoreBench({ machines: { stuckChecks: 'failed' } });
    const late = await checks.report();
    expect(late.failure?.step).toBe('status-checks');
    expect(late.failure?.reason).toMatch(
      /not within 20 min; .*status checks: failed\. Look at the system log/,
    );

    const silent = new RestoreBench();
    silent.commands.agent = { state: 'waiting', detail: 'not registered' };
    expect((await silent.report()).failure?.reason).toMatch(
      /15 min.*not registered.*instance profile of i-new1/,
    );

    const old = new RestoreBench();
    old.commands.agent = { state: 'unsuitable', reason: 'agent 3.1.0.0 is too old' };
    expect((await old.report()).failure).toMatchObject({
      step: 'agent',
      reason: 'i-new1: agent 3.1.0.0 is too old',
    });
  });

  it('is a failure of the command that never ends, too', async () => {
    const bench = new RestoreBench();
    bench.commands.fails = ({ action }) =>
      action === 'check-health' ? { state: 'pending', detail: 'InProgress' } : undefined;
    const report = await bench.report();
    expect(report.failure).toMatchObject({
      step: 'check-health',
      reason: expect.stringMatching(/Run Command/),
    });
    expect(report.checks).toEqual([{ name: 'check-health', result: 'failed' }]);
  });
});

describe('a request that cannot be met', () => {
  const refusal = async (
    bench: RestoreBench,
    request: Record<string, unknown> = {},
  ): Promise<SnapkeepError> => {
    const error = await bench.run(request).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'usage' });
    expect(bench.machines.machines.size + bench.rds.made.size + bench.commands.ran.length).toBe(0);
    expect([...bench.vault.documents.keys()].filter((key) => key.includes('/restores/'))).toEqual([]);
    // Sound: the line before has seen its kind.
    return error as SnapkeepError;
  };

  it('is refused with every reason at once, before anything is made or written', async () => {
    const problems = ['the subnet subnet-0aaa no longer exists', 'the key pair ops no longer exists'];
    const { message } = await refusal(new RestoreBench({ machines: { problems } }));
    for (const problem of problems) expect(message).toContain(problem);
  });

  it('is refused when a target is not the plan’s, with the key to add', async () => {
    const request = {
      subnet: 'subnet-0123456789abcdef0',
      securityGroups: ['sg-0123456789abcdef0'],
      instanceProfile: 'admin',
    };
    const { message } = await refusal(new RestoreBench(), request);
    expect(message).toMatch(/subnet-0123456789abcdef0.*plans\.ci\.restore\.allow\.subnets/);
    expect(message).toMatch(/sg-0123456789abcdef0.*plans\.ci\.restore\.allow\.securityGroups/);
    expect(message).toMatch(/admin.*plans\.ci\.restore\.allow\.instanceProfiles/);
  });

  it('is met when the plan allows the target', async () => {
    const allow = { subnets: ['subnet-0123456789abcdef0'], securityGroups: [], instanceProfiles: [] };
    const bench = new RestoreBench({ plan: ciPlan({ restore: { ...ciPlan().restore, allow } }) });
    await bench.run({ subnet: 'subnet-0123456789abcdef0' });
    expect([...bench.machines.machines.values()][0]?.order.subnet).toBe('subnet-0123456789abcdef0');
  });

  it('is refused without a quarantine group, since the old configuration must not come up', async () => {
    const { quarantineGroup: _, ...restore } = { ...ciPlan().restore };
    const { message } = await refusal(new RestoreBench({ plan: ciPlan({ restore }) }));
    expect(message).toMatch(/plans\.ci\.restore\.quarantineGroup/);
  });

  it('is refused for unknown keys, sources and backups, and where no complete backup is', async () => {
    expect((await refusal(new RestoreBench(), { subnetz: 'x' })).message).toMatch(/unknown key "subnetz"/);
    expect((await refusal(new RestoreBench(), { only: ['ec2/i-0000'] })).message).toMatch(/has no source/);
    const unknown = await refusal(new RestoreBench(), { backup: '1_2026_01_01_ci' });
    expect(unknown.message).toMatch(/no sealed backup/);
    const partial = ciManifest({ status: 'partial' });
    expect((await refusal(new RestoreBench({ manifests: [partial] }))).message).toMatch(/no complete backup/);
  });

  it('is refused when its ID stands for another request', async () => {
    const bench = new RestoreBench();
    await bench.run();
    await expect(bench.run({ hostname: 'other.example.com' })).rejects.toThrow(/another hostname/);
    await expect(bench.run({}, { id: 'never-begun', resume: true })).rejects.toThrow(
      /no restore never-begun/,
    );
  });
});

describe('values that are made to reach a shell', () => {
  const hostile = ['$(reboot)', '`id`', "a'b", 'a"b', 'a;b', 'a\nb', '../../etc/passwd', 'a b', '-rf'];

  it('are refused with a sentence wherever a manifest records an address or a name', async () => {
    for (const value of hostile) {
      for (const key of ['private_ip', 'public_ip', 'hostname', 'private_dns', 'service_name']) {
        const manifests = [
          ciManifest({ recovery_points: [aMachinePoint({ [key]: value }), aDatabasePoint()] }),
        ];
        const bench = new RestoreBench({ manifests });
        await expect(bench.run(), `${key}: ${value}`).rejects.toMatchObject({ kind: 'usage' });
        expect(bench.machines.machines.size).toBe(0);
      }
      const manifests = [ciManifest({ recovery_points: [aMachinePoint(), aDatabasePoint(value)] })];
      await expect(new RestoreBench({ manifests }).run(), value).rejects.toMatchObject({ kind: 'usage' });
    }
  });

  it('are refused in every key of a request', async () => {
    for (const value of hostile) {
      for (const key of ['hostname', 'subnet', 'instanceProfile', 'instanceType', 'backup', 'confirm']) {
        await expect(new RestoreBench().run({ [key]: value }), `${key}: ${value}`).rejects.toMatchObject({
          kind: 'usage',
          message: expect.stringContaining(key),
        });
      }
      await expect(new RestoreBench().run({ only: [`ec2/${value}`] })).rejects.toMatchObject({
        kind: 'usage',
      });
      const dns = { hostedZoneId: 'Z0123456789', name: value };
      await expect(new RestoreBench().run({ dns })).rejects.toMatchObject({ kind: 'usage' });
    }
  });

  it('never stand in a parameter, whatever the tags of the old machine hold', async () => {
    const tags = Object.fromEntries(hostile.map((value, index) => [`t${index}${value}`, value]));
    const bench = new RestoreBench({
      manifests: [ciManifest({ recovery_points: [aMachinePoint({ tags })] })],
    });
    expect((await bench.report()).status).toBe('completed');
    const text = JSON.stringify(bench.commands.ran.map(({ parameters }) => parameters));
    for (const value of hostile.slice(0, 8)) expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
  });
});

describe('a command that was killed and is given again', () => {
  const request = parseRestoreRequest({ plan: 'ci' });
  const now = Date.parse('2026-11-20T09:00:00Z');
  const begun = async (bench: RestoreBench, id: string, asked: Record<string, unknown> = {}) => {
    await bench.seal();
    const { deps, plan } = bench;
    const input = {
      plan: plan.name,
      requestId: id,
      request: JSON.parse(JSON.stringify({ plan: 'ci', ...asked })),
    };
    return prepareRestore(deps, plan, input);
  };

  it('means the newest unfinished restore of the same request', async () => {
    const bench = new RestoreBench();
    await begun(bench, 'older');
    await bench.clock.sleep(60_000);
    await begun(bench, 'newer');
    await begun(bench, 'another', { hostname: 'other.example.com' });
    expect((await findUnfinished(bench.journal, request, now))?.request_id).toBe('newer');
  });

  it('means a new one when the last came to an end, or is of yesterday', async () => {
    const bench = new RestoreBench();
    await bench.run();
    expect(await findUnfinished(bench.journal, request, now)).toBeUndefined();
    await begun(bench, 'old');
    expect(await findUnfinished(bench.journal, request, now + 2 * 86_400_000)).toBeUndefined();
  });
});

describe('a name that would have two successors', () => {
  it('is refused before anything is made', async () => {
    const name = 'ip-10-0-1-67.eu-west-1.compute.internal';
    const bench = new RestoreBench({
      manifests: [ciManifest({ recovery_points: [aMachinePoint({ service_name: name })] })],
    });
    await expect(bench.run({ hostname: 'ci.example.com' })).rejects.toMatchObject({ kind: 'usage' });
    expect(bench.machines.machines.size).toBe(0);
  });
});
