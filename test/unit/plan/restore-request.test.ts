import { describe, expect, it } from 'vitest';
import { parseRestoreRequest } from '../../../functions/plan/restore-request.ts';
import { chooseTarget } from '../../../functions/plan/restore-targets.ts';
import { SnapkeepError } from '../../../functions/shared/errors.ts';
import { aPlan } from '../../support/plans.ts';

const refusal = (value: unknown): SnapkeepError => {
  try {
    parseRestoreRequest(value);
  } catch (error) {
    if (error instanceof SnapkeepError) return error;
  }
  throw new Error('it was not refused');
};

describe('a request for a restore', () => {
  it('needs a plan alone, and says what the rest means then', () => {
    expect(parseRestoreRequest({ plan: 'ci' })).toEqual({
      plan: 'ci',
      backup: 'latest',
      privateIp: 'auto',
      elasticIp: 'none',
      userData: 'skip',
      sshHostKeys: 'keep',
      startApplication: true,
      dryRun: false,
    });
  });

  it('keeps what it is given', () => {
    const dns = { hostedZoneId: 'Z0123456789ABC', name: 'ci.example.com', ttl: 30 };
    const request = {
      plan: 'ci',
      backup: '1795140000_2026_11_20_ci',
      only: ['rds/circle-db'],
      dns,
      id: 'a-1',
    };
    expect(parseRestoreRequest(request)).toMatchObject(request);
    expect(
      parseRestoreRequest({ ...request, dns: { hostedZoneId: dns.hostedZoneId, name: dns.name } }).dns?.ttl,
    ).toBe(60);
  });

  it('is refused with the key, what was found and what was expected', () => {
    expect(refusal({ plan: 'ci', privateIp: 'maybe' })).toMatchObject({
      kind: 'usage',
      message: 'the request is not understood: privateIp: found "maybe", expected auto or keep or new',
    });
    expect(refusal({ plan: 'ci', dns: { hostedZoneId: 'Z0123456789ABC', name: 'x', tll: 1 } })).toMatchObject(
      {
        message: expect.stringContaining('unknown key "dns.tll"'),
        remedy: 'did you mean ttl?',
      },
    );
    expect(refusal({}).message).toMatch(/plan: found nothing, expected the name of a plan such as ci$/);
    expect(refusal({ plan: 'a'.repeat(25) }).message).toMatch(/, expected the name of a plan such as ci$/);
    expect(parseRestoreRequest({ plan: 'a'.repeat(24) }).plan).toHaveLength(24);
    expect(refusal('latest').message).toMatch(/found "latest", expected a mapping/);
  });

  it('is refused with everything that is wrong at once', () => {
    const { message } = refusal({ plan: 'ci', privateip: 'keep', only: [], startApplication: 'no' });
    expect(message.split('\n')).toHaveLength(4);
    expect(message).toMatch(/did you mean privateIp\?/);
  });

  it('has an ID that may stand in keys, tokens and folder names', () => {
    for (const id of ['', 'A', '-a', 'a-', 'a/b', '../a', 'a b', 'a'.repeat(41)]) {
      expect(refusal({ plan: 'ci', id }).message, id).toMatch(/id: found/);
    }
  });
});

describe('the target of a restored machine', () => {
  const recorded = { subnet: 'subnet-old', securityGroups: ['sg-old'], instanceProfile: 'old' };

  it('is that of the old machine where nobody says otherwise', () => {
    expect(chooseTarget(aPlan(), {}, recorded)).toEqual({ target: recorded, problems: [] });
  });

  it('is the plan’s, and then the old one has to be allowed like any other', () => {
    const restore = { subnet: 'subnet-plan', securityGroups: ['sg-plan'], instanceProfile: 'plan' };
    const plan = aPlan({ restore });
    expect(chooseTarget(plan, {}, recorded).target).toEqual(restore);
    const back = chooseTarget(plan, { subnet: 'subnet-old' }, recorded);
    expect(back.problems).toEqual([
      'subnet subnet-old is not among the targets of plan fleet: add it to plans.fleet.restore.allow.subnets',
    ]);
    const allow = { subnets: ['subnet-old'], securityGroups: [], instanceProfiles: [] };
    const allowed = chooseTarget(
      aPlan({ restore: { ...restore, allow } }),
      { subnet: 'subnet-old' },
      recorded,
    );
    expect(allowed).toMatchObject({ target: { subnet: 'subnet-old' }, problems: [] });
  });

  it('names every group that is not allowed', () => {
    const { problems } = chooseTarget(aPlan(), { securityGroups: ['sg-old', 'sg-a', 'sg-b'] }, recorded);
    expect(problems).toHaveLength(2);
    expect(problems.join()).toMatch(/sg-a.*sg-b/);
  });
});
