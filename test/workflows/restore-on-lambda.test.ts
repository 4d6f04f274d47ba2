import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { documentsOf } from '../../functions/applications/documents.ts';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import { startNamed } from '../../functions/handlers/executions.ts';
import { createRestoreEntry } from '../../functions/handlers/restore-entry.ts';
import { restoreName } from '../../functions/handlers/restores.ts';
import type { Plan } from '../../functions/plan/config.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, region } from '../support/cloud.ts';
import { type Deployed, deploy, deployment, liveArn } from '../support/deployed.ts';
import { capturePrinted, type Printed } from '../support/printed.ts';
import { type RestoringCloud, startRestoringCloud } from '../support/restoring-cloud.ts';

let cloud: RestoringCloud;
let deployed: Deployed;
let printed: Printed;

beforeEach(async () => {
  cloud = await startRestoringCloud();
  deployed = await deploy(cloud, [cloud.plan]);
  printed = capturePrinted();
});
afterEach(async () => {
  vi.restoreAllMocks();
  deployed.clients.destroy();
  expect(cloud.sandbox.internalErrors).toEqual([]);
  await cloud.close();
});

/** As the stack makes them. */
async function deployDocuments(): Promise<void> {
  const profile = loadProfile('circleci-server');
  if (profile === undefined) throw new Error('there is no profile circleci-server');
  for (const { name, content } of documentsOf(profile, deployment)) {
    await deployed.clients.ssm.send(
      new CreateDocumentCommand({
        Name: name,
        Content: content,
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
      }),
    );
  }
}

const entry = () =>
  createRestoreEntry({
    environment: { ...deployed.environment, workerArn: liveArn('restoreWorker') },
    lambda: deployed.clients.lambda,
    logger: silentLogger,
    clock: deployed.waitingClock,
  });
/** Lambda's context; a quarter of an hour is left. */
const context = { getRemainingTimeInMillis: () => 900_000 };
const machines = () =>
  [...cloud.sandbox.ec2.region(region).instances.values()].filter(({ tags }) => tags.has('snapkeep:restore'));

const latest = { plan: 'ci', backup: 'latest' };

describe('restore as it is deployed', () => {
  it('starts from the console, with a plan of what will happen, and ends with a machine that works', async () => {
    await deployDocuments();
    const answer = await entry()({ ...latest, id: 'one' }, context);
    expect(answer).toMatchObject({
      plan: 'ci',
      requestId: 'one',
      executionName: 'prod-eu-ci-restore-one',
      state: 'accepted',
      planned: { application: 'circleci-server', problems: [], confirm: null },
    });
    expect(answer.planned?.calls.map(({ action }) => action)).toContain('RunInstances');
    expect(answer.look.join('\n')).toContain('ledger/ci/restores/one/');
    await deployed.settled();

    const [machine, ...others] = machines();
    expect(others).toEqual([]);
    expect(cloud.sandbox.machines.activeUnits(machine?.id ?? '')).toContain('replicated.service');
    const [message] = deployed.messages();
    expect(message?.subject).toBe('Snapkeep prod-eu: restore of ci completed');
    expect(message?.message).toMatch(/is now i-[0-9a-f]+ \(10\.0\.9\./);
    expect(printed.text()).toContain('"RestoreCompleted":1');
    expect(printed.text()).toContain('"RecoverySeconds":');
  });

  it('launches once when the button is pressed twice, and reports the restore that is over', async () => {
    await deployDocuments();
    const first = await entry()({ ...latest, id: 'one' }, context);
    const second = await entry()({ ...latest, id: 'one' }, context);
    expect(second.executionName).toBe(first.executionName);
    await deployed.settled();
    expect((await entry()({ ...latest, id: 'one' }, context)).state).toBe('finished');
    expect(machines()).toHaveLength(1);
  });

  it('follows the restore of the same words that is under way, and plans no other one', async () => {
    await deployDocuments();
    const first = await entry()({ ...latest }, context);
    cloud.clock.advance(2000);
    const second = await entry()({ ...latest, wait: true }, context);
    expect(second).toMatchObject({ requestId: first.requestId, result: { status: 'completed' } });
    // Its names would be those of a restore that never was.
    expect(second.planned).toBeUndefined();
    expect(machines()).toHaveLength(1);
  });

  it('waits for its end when it is asked to, and answers where everything is now', async () => {
    await deployDocuments();
    const answer = await entry()({ ...latest, id: 'one', wait: true }, context);
    const [machine] = machines();
    expect(answer).toMatchObject({
      state: 'finished',
      planned: { problems: [] },
      result: {
        status: 'completed',
        report: {
          machines: [{ source: expect.stringMatching(/^ec2\//), new_id: machine?.id }],
          failure: null,
          report: expect.stringMatching(/^s3:\/\/.*\/restores\/one\/report-1\.json$/),
        },
      },
    });
    const events = cloud.sandbox.eventbridge.events({ account, region });
    expect(events.map(({ detailType }) => detailType)).toContain('Snapkeep Restore Completed');
  });

  it('answers a dry run with the plan alone', async () => {
    await deployDocuments();
    const answer = await entry()({ plan: 'ci', dryRun: true }, context);
    expect(answer).toMatchObject({ dryRun: true, state: 'told', planned: { problems: [] } });
    expect(answer.requestId).toBeUndefined();
    await deployed.settled();
    expect(machines()).toEqual([]);
    expect(cloud.sandbox.s3.keys('acme-snapkeep-vault', 'ledger/ci/restores/')).toEqual([]);
  });

  it.each([
    ['an unknown key', { ...latest, subnets: 'subnet-1' }, 'unknown key "subnets"'],
    ['the event of another function', { plan: 'ci' }, 'it is not said which backup of ci to restore'],
    ['a plan that is not deployed', { plan: 'shop', backup: 'latest' }, 'there is no plan "shop"'],
    [
      'a backup that is not there',
      { plan: 'ci', backup: '1795000000_2026_11_18_ci' },
      'there is no sealed backup',
    ],
    [
      'a subnet that the plan does not name',
      { ...latest, subnet: 'subnet-0123456789abcdef0' },
      'restore.allow.subnets',
    ],
  ])('refuses %s before anything is started', async (_what, event, sentence) => {
    await expect(entry()(event, context)).rejects.toThrow(sentence);
    await deployed.settled();
    expect(machines()).toEqual([]);
  });

  describe('with a record of the DNS', () => {
    const zoneId = 'Z0123456789ABCDEFGHIJ';
    const dns = { hostedZoneId: zoneId, name: 'ci.example.com' };
    const named = { hostname: 'CI.example.com', hostedZone: zoneId };
    beforeEach(async () => {
      cloud.sandbox.route53.seedZone({ account, id: zoneId, name: 'example.com' });
      await deployDocuments();
    });
    const redeploy = async (restore: Plan['restore']) => {
      deployed.clients.destroy();
      deployed = await deploy(cloud, [{ ...cloud.plan, restore: { ...cloud.plan.restore, ...restore } }]);
    };

    it('points the one that the plan names at the machine', async () => {
      await redeploy(named);
      await entry()({ ...latest, id: 'one', dns }, context);
      await deployed.settled();
      expect(machines()).toHaveLength(1);
      const [record] = cloud.sandbox.route53.records(zoneId, 'ci.example.com');
      expect(record?.ResourceRecords).toEqual([{ Value: expect.stringMatching(/^10\.0\.9\.\d+$/) }]);
    });

    it.each([
      ['none is named', {}, dns, 'the deployed function may not change DNS records: leave out dns'],
      [
        'another is named',
        { ...named, hostname: 'www.example.com' },
        dns,
        'only www.example.com in Z0123456789',
      ],
      [
        'it is in another zone',
        named,
        { ...dns, hostedZoneId: 'Z0ZZZZZZZZ' },
        'in the hosted zone Z0ZZZZZZZZ',
      ],
    ])('refuses before anything is started when %s', async (_what, restore, asked, sentence) => {
      await redeploy(restore);
      await expect(entry()({ ...latest, dns: asked }, context)).rejects.toThrow(sentence);
      await deployed.settled();
      expect(machines()).toEqual([]);
    });
  });

  it('refuses to start while the documents of this version are not deployed, and writes none itself', async () => {
    await expect(entry()({ ...latest, id: 'one' }, context)).rejects.toThrow(
      'deploy the stack of this version',
    );
    await deployed.settled();
    expect(machines()).toEqual([]);
  });

  it('fails the execution of a restore that failed, tells people, and goes on under a further name', async () => {
    const worker = { lambda: deployed.clients.lambda, workerArn: liveArn('restoreWorker') };
    const name = restoreName(deployment, 'ci', 'one');
    await startNamed(worker, name, { plan: 'ci', requestId: 'one', request: { plan: 'ci' } }, [
      'it',
      'another',
    ]);
    await deployed.settled();
    expect(deployed.executions.at(-1)?.ended).toMatchObject({
      status: 'FAILED',
      error: { ErrorMessage: expect.stringContaining('deploy the stack of this version') },
    });
    expect(deployed.messages().at(-1)?.subject).toBe('Snapkeep prod-eu: restore of ci failed');

    await deployDocuments();
    const again = await entry()({ ...latest, id: 'one' }, context);
    expect(again).toMatchObject({ executionName: `${name}-r2`, state: 'accepted' });
    await deployed.settled();
    expect(machines()).toHaveLength(1);
  });

  it('warns when the same request has failed before, since what that made is still there', async () => {
    await deployDocuments();
    cloud.sandbox.faults.add({
      service: 'ssm',
      action: 'SendCommand',
      code: 'AccessDeniedException',
      status: 403,
    });
    const first = await entry()({ ...latest }, context);
    expect(first.planned?.warnings.join('\n')).not.toContain('has failed');
    await deployed.settled();
    cloud.clock.advance(60_000);
    const second = await entry()({ ...latest }, context);
    expect(second.requestId).not.toBe(first.requestId);
    expect(second.planned?.warnings).toContain(
      `restore ${first.requestId} of the same request has failed, and what it made is still there; this is another one. To go on with that one instead, send {"resume":"${first.requestId}","plan":"ci"}`,
    );
    const third = await entry()({ ...latest, id: 'named' }, context);
    expect(third.planned?.warnings.join('\n')).not.toContain('has failed');
    await deployed.settled();
  });

  it('leaves a restore alone that is asked to go on and has come to its end', async () => {
    await deployDocuments();
    await entry()({ ...latest, id: 'one' }, context);
    await deployed.settled();
    expect(await entry()({ resume: 'one', plan: 'ci' }, context)).toMatchObject({
      requestId: 'one',
      state: 'finished',
    });
    await expect(entry()({ resume: 'one', backup: 'latest' }, context)).rejects.toThrow('is not understood');
  });
});
