/**
 * Proof of least privilege: the deployed functions do all their work over the sandbox under the roles of the synthesized
 * template. What a role is allowed and never needs is a failure, and so is what it needs and is not allowed.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { judge } from '../../sandbox/iam/evaluator.ts';
import { readPolicy, type Statement } from '../../sandbox/iam/policy.ts';
import { RequestValues } from '../../sandbox/iam/request-values.ts';
import { account, region } from '../support/cloud.ts';
import { grantsOf } from '../support/grants.ts';
import { outsideOf } from '../support/outside.ts';
import { type RoleBench, startRoleBench } from '../support/role-bench.ts';
import { deployWorkers, estateConfig, liveThrough, names, seedEstate } from '../support/role-estate.ts';

const pagedHistory =
  'the durable runtime, when a history takes more than one page (see deployed-chain.test.ts)';

/** Allowed and not needed by anything that this test does: by name, each with the call that implies it. */
const unprovable: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [names.backupWorker]: {
    'lambda:GetDurableExecutionState': pagedHistory,
    'ec2:DescribeSnapshots': "the poll, while a profile's hook keeps an application quiesced",
  },
  [names.rotateWorker]: { 'lambda:GetDurableExecutionState': pagedHistory },
  [names.restoreWorker]: { 'lambda:GetDurableExecutionState': pagedHistory },
  [names.rotate]: {
    'lambda:ListDurableExecutionsByFunction': 'a dry run, when the answer to an invoke names no execution',
  },
};

let bench: RoleBench;
let ends: readonly string[];
beforeAll(async () => {
  bench = await startRoleBench(estateConfig());
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  seedEstate(bench);
  deployWorkers(bench);
  ends = await liveThrough(bench);
}, 90_000);
afterAll(async () => {
  vi.restoreAllMocks();
  await bench.close();
});

const schedules = 'schedules';
const roles: readonly string[] = [...Object.values(names), schedules];
const roleOf = (name: string) => {
  const role = name === schedules ? bench.permissions.schedules[0]?.role : bench.functionNamed(name).role;
  if (!role) throw new Error(`no role of ${name}`);
  return role;
};
const usageOf = (name: string) => bench.cloud.sandbox.iam.usage(roleOf(name).arn);
const statementsOf = (name: string): readonly Statement[] => grantsOf(bench.permissions, roleOf(name));

describe('the roles of the template', () => {
  it('belong to one function each', () => {
    const all = [...bench.permissions.functions.values()].map(({ role }) => role.arn);
    expect(new Set(all).size).toBe(all.length);
    expect(all).not.toContain(roleOf(schedules).arn);
  });

  it('are all proven', () => {
    expect([...bench.permissions.functions.keys()].sort()).toEqual(Object.values(names).sort());
    const proven = new Set(roles.map((name) => roleOf(name).arn));
    expect(bench.permissions.roles.filter(({ arn }) => !proven.has(arn))).toEqual([]);
  });

  it('let every run come to its end', () => {
    expect(ends.length).toBeGreaterThan(20);
    for (const end of ends) expect(end).toMatch(/ done$/);
  });

  it('let every worker put its events on the default bus', () => {
    const events = bench.cloud.sandbox.eventbridge.events({ account, region });
    expect([...new Set(events.map(({ detailType }) => detailType))].sort()).toEqual([
      ...['Snapkeep Backup Completed', 'Snapkeep Backup Partial'],
      ...['Snapkeep Restore Completed', 'Snapkeep Rotation Completed'],
    ]);
    for (const { source, detail } of events) {
      expect(source).toBe('snapkeep');
      expect(detail).toMatchObject({
        version: 1,
        deployment: 'prod-eu',
        id: expect.stringMatching(/^prod-eu\//),
      });
    }
  });

  it.each(roles)('allow %s everything that it needs', (name) => {
    expect([...usageOf(name).refused]).toEqual([]);
  });

  it.each(roles)('allow %s nothing that it does not need, in any statement', (name) => {
    const { used, allowed, unused } = usageOf(name);
    const known = unprovable[name] ?? {};
    const surplus = unused.filter(({ action }) => !(action in known));
    // biome-ignore lint/suspicious/noConsole: the figures are part of what this test is for
    console.info(
      `${name}: ${used.size} actions used of ${allowed.length} allowed${Object.entries(known)
        .map(([action, reason]) => `\n  ${action}: ${reason}`)
        .join('')}`,
    );
    expect(surplus.map(({ action, statement }) => `${action} on ${statement.resources}`)).toEqual([]);
    // An exception that is not needed any more has to go.
    expect(unused.map(({ action }) => action)).toEqual(expect.arrayContaining(Object.keys(known)));
  });

  it.each(roles)('refuse %s whatever lies one step outside each of its statements', (name) => {
    const statements = statementsOf(name);
    const probes = probesOf(name);
    expect(probes.filter(({ question }) => judge(statements, question).verdict === 'Allowed')).toEqual([]);
    const probed = new Set(probes.map(({ statement }) => JSON.stringify(statement)));
    const left = statements.filter(
      (statement) => statement.effect === 'Allow' && !probed.has(JSON.stringify(statement)),
    );
    const known = Object.keys(unprovable[name] ?? {});
    const surplus = left.filter(({ actions = [] }) => !actions.every((action) => known.includes(action)));
    expect(surplus).toEqual([]);
    // biome-ignore lint/suspicious/noConsole: the figures are part of what this test is for
    console.info(`${name}: ${probes.length} requests one step outside refused`);
  });

  it.each(roles)('keep denials of %s above any permission that it may ever get', (name) => {
    const everything = readPolicy({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } });
    for (const { effect, actions = [], resources = [], conditions } of statementsOf(name)) {
      if (effect !== 'Deny') continue;
      const values = new RequestValues(
        Object.fromEntries(conditions.map((each) => [each.key, each.values[0]])),
      );
      const named = resources.map((each) =>
        each === '*' ? 'arn:aws:x:eu-west-1:123456789012:y/z' : each.replaceAll('*', 'x'),
      );
      for (const [action, resource] of actions.flatMap((each) => named.map((one) => [each, one] as const))) {
        const question = { action, resource, values };
        const { verdict } = judge([...statementsOf(name), ...everything], question);
        expect({ action, verdict }).toEqual({ action, verdict: 'ExplicitlyDenied' });
      }
    }
  });
});

/** What lies one step outside the statements that allowed something, for every action and resource once. */
function probesOf(name: string) {
  const session = `:assumed-role/${roleOf(name).arn.split('/').at(-1)}/`;
  const tried = new Set<string>();
  return bench.decisions
    .filter(({ request }) => request.caller.arn.includes(session))
    .flatMap((decision) =>
      decision.judgement.statements.flatMap((statement) => {
        const { action, resource } = decision.demand;
        const key = `${JSON.stringify(statement)} ${action} ${resource}`;
        if (tried.has(key)) return [];
        tried.add(key);
        return outsideOf(decision, statement).map((each) => ({ ...each, statement }));
      }),
    );
}

describe('a permission too many', () => {
  it('shows, since it lets through what lies outside the others', () => {
    const wider = readPolicy({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'ec2:CreateImage', Resource: '*' },
    });
    const statements = [...statementsOf(names.backupWorker), ...wider];
    const through = probesOf(names.backupWorker).filter(
      ({ question }) => judge(statements, question).verdict === 'Allowed',
    );
    expect(through.length).toBeGreaterThan(5);
    for (const { question } of through) expect(question.action).toBe('ec2:CreateImage');
  });
});

describe('a permission too few', () => {
  it('stops the work that needs it', async () => {
    const { documents, arn } = roleOf(names.backupWorker);
    const less = JSON.parse(JSON.stringify(documents).replaceAll('"ec2:CreateTags"', '"ec2:DescribeTags"'));
    bench.cloud.sandbox.iam.setPolicies(arn, less);
    const ended = await bench.run(names.backupWorker, { plan: 'fleet', slot: '2026-12-24T02:00:00Z' });
    bench.cloud.sandbox.iam.setPolicies(arn, documents);
    expect(JSON.stringify(ended)).toContain('"status\\":\\"partial');
  });
});
