import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  parseRotationRequest,
  parseRotationWork,
  rotationName,
  startRotationAfter,
} from '../../../functions/handlers/rotations.ts';

const lambda = mockClient(LambdaClient);
const now = Date.parse('2026-11-20T09:30:12Z');
const slot = '2026-11-20T02:00:00Z';

beforeEach(() => {
  lambda.reset();
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 });
});

describe('what a rotation is asked for', () => {
  it.each([
    ['nothing at all', undefined],
    ['an empty event', {}],
  ])('means all plans by %s', (_what, event) => {
    expect(parseRotationRequest(event, ['ci'], now)).toMatchObject({
      dryRun: false,
      occasion: 'hand',
      at: now,
    });
  });

  it('takes the moment of the daily schedule from its time, not from the delivery', () => {
    const event = { scheduledTime: '2026-11-20T05:17:00Z' };
    expect(parseRotationRequest(event, ['ci'], now).at).toBe(Date.parse(event.scheduledTime));
  });

  it('needs the name of a plan with a digest, since a digest confirms the decisions on one', () => {
    const event = { confirm: '0123456789ab' };
    expect(() => parseRotationRequest(event, ['ci', 'fleet'], now)).toThrow('needs the name of a plan');
    expect(parseRotationRequest({ ...event, plan: 'ci' }, ['ci', 'fleet'], now).confirm).toBe('0123456789ab');
  });

  it.each([
    ["the console's example", { key1: 'value1' }],
    ['a digest of another form', { plan: 'ci', confirm: 'yes' }],
    ['a word in place of true', { dryRun: 'true' }],
    ['a schedule that names a plan', { scheduledTime: slot, plan: 'ci' }],
  ])('refuses %s with the form that is expected', (_what, event) => {
    expect(() => parseRotationRequest(event, ['ci'], now)).toThrow(
      'the event of this function is not understood',
    );
  });

  it('hands the worker nothing but the plan unless more was asked for', () => {
    expect(parseRotationWork({ plan: 'ci', dryRun: false })).toEqual({ plan: 'ci' });
    expect(parseRotationWork({ plan: 'ci', dryRun: true })).toEqual({ plan: 'ci', dryRun: true });
  });
});

describe('the execution of a rotation', () => {
  it('has a name that no other occasion and no run of a backup has', () => {
    const at = Date.parse(slot);
    const names = (['backup', 'day', 'hand', 'look', 'confirmed'] as const).map((each) =>
      rotationName('prod-eu', 'ci', each, at),
    );
    expect(names).toEqual([
      'prod-eu-ci-20261120t0200-rb',
      'prod-eu-ci-20261120t0200-rd',
      'prod-eu-ci-20261120t020000-rh',
      'prod-eu-ci-20261120t020000-rl',
      'prod-eu-ci-20261120t020000-rc',
    ]);
  });

  it('has a name that the service takes, with the longest names of ours', () => {
    for (const occasion of ['backup', 'day', 'hand', 'look', 'confirmed'] as const)
      expect(rotationName('d'.repeat(20), 'p'.repeat(24), occasion, now)).toMatch(/^[A-Za-z0-9-_]{1,64}$/);
  });

  it('is the same for every start after the backup of one slot', async () => {
    const worker = {
      lambda: new LambdaClient({ region: 'eu-west-1' }),
      workerArn: 'arn:aws:lambda:eu-west-1:123456789012:function:prod-eu-rotate-worker:live',
    };
    await startRotationAfter(worker, 'prod-eu', { plan: 'ci', slot });
    await startRotationAfter(worker, 'prod-eu', { plan: 'ci', slot });
    const [first, second] = lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input);
    expect(first).toMatchObject({
      FunctionName: worker.workerArn,
      InvocationType: 'Event',
      DurableExecutionName: 'prod-eu-ci-20261120t0200-rb',
    });
    expect(second).toEqual(first);
  });
});
