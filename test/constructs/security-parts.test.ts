import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../functions/plan/load.ts';
import { securityParts } from '../support/security-parts.ts';
import { stackOf } from '../support/synthesized.ts';

const {
  regions: [config],
} = await loadConfig('docs/examples/fleet.yaml');
const stack = stackOf(config);
const template = Template.fromStack(stack).toJSON();
const render = (changed: unknown = template): string =>
  stringify(securityParts(changed), { lineWidth: 0, aliasDuplicateObjects: false });

/** The template with one change to the resource whose logical ID begins so. */
function changed(beginning: string, change: (properties: Record<string, unknown>) => void): unknown {
  const copy = structuredClone(template);
  const [, resource] = Object.entries<{ Properties: Record<string, unknown> }>(copy.Resources).find(([id]) =>
    id.startsWith(beginning),
  ) ?? ['', undefined];
  if (resource === undefined) throw new Error(`the template has no ${beginning}`);
  change(resource.Properties);
  return copy;
}

describe('the parts of the template that decide on security', () => {
  it('of the example of a fleet are those that were reviewed', async () => {
    await expect(render()).toMatchFileSnapshot('reviewed/security-of-the-fleet.yaml');
  });

  it('do not depend on what the functions contain', () => {
    const other = Template.fromStack(stackOf(config, 'other code')).toJSON();
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(template));
    expect(render(other)).toBe(render());
  });

  it.each<[string, string, (properties: Record<string, unknown>) => void]>([
    [
      'a wider trust',
      'StartRole',
      (role) => {
        role.AssumeRolePolicyDocument = {
          Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
        };
      },
    ],
    [
      'a managed policy',
      'StartRole',
      (role) => {
        role.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
      },
    ],
    [
      'a vault without a lock',
      'VaultBucket',
      (bucket) => {
        bucket.ObjectLockConfiguration = undefined;
      },
    ],
    [
      'a topic for everybody',
      'NotificationsTopicPolicy',
      (policy) => {
        policy.PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sns:Publish' }] };
      },
    ],
    [
      'another target of a schedule',
      'SchedulesPlanci',
      (schedule) => {
        schedule.Target = { Arn: 'arn:aws:lambda:eu-west-1:999999999999:function:other' };
      },
    ],
  ])('show %s', (_, beginning, change) => {
    expect(render(changed(beginning, change))).not.toBe(render());
  });

  it('show a kind of resource that nobody has reviewed yet', () => {
    const copy = structuredClone(template);
    copy.Resources.Open = { Type: 'AWS::EC2::SecurityGroup', Properties: {} };
    expect(render(copy)).toContain('AWS::EC2::SecurityGroup: 1');
  });
});
