import { App, Stack, Stage, Validations } from 'aws-cdk-lib';
import { CfnRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { rules } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { OpenStatement } from '../../lib/permissions/open-statement.ts';
import { acknowledgeOpenResources } from '../../lib/solution-checks.ts';
import { aConfig } from '../support/configs.ts';
import { restoreTargets } from '../support/role-restores.ts';
import { stackOf } from '../support/synthesized.ts';

/** With every kind of source, by tags and by name, and with places to restore to. */
const {
  plans: { ci, ...others },
} = aConfig();
const config = aConfig({ plans: { ...(ci && { ci: { ...ci, restore: restoreTargets } }), ...others } });

interface Acknowledged {
  readonly path: string;
  readonly id: string;
  readonly reason: string;
}

function acknowledgedIn(stack: Stack): Acknowledged[] {
  return [stack.node.root, ...stack.node.root.node.findAll()].flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries<string>(data))
      .map(([id, reason]) => ({
        path: node.path.replace(`${stack.stackName}/`, ''),
        id: id.replace(/^annotation::/i, ''),
        reason,
      })),
  );
}

/** Everything with a wildcard that the rule finds in the roles, whether acknowledged or not. */
function wildcardsIn(stack: Stack): string[] {
  return stack.node.findAll().flatMap((each) => {
    if (!(each instanceof CfnRole)) return [];
    const found = rules.iam.IAMNoWildcardPermissions(each);
    const path = each.node.path.replace(`${stack.stackName}/`, '').replace('/Resource', '');
    return Array.isArray(found) ? found.map((finding) => `${path} AwsSolutions-IAM5[${finding}]`) : [];
  });
}

const stack = stackOf(config);
const acknowledged = acknowledgedIn(stack);

describe('what the AwsSolutions rules find and the stack acknowledges', () => {
  it('is exactly this', async () => {
    const list = acknowledged.map(({ path, id, reason }) => `${path}\n  ${id}\n  ${reason}\n`);
    await expect(list.sort().join('')).toMatchFileSnapshot('reviewed/acknowledged.txt');
  });

  it('is wildcards of roles only, each on the one role that has it', () => {
    for (const { path, id } of acknowledged) {
      expect(id).toMatch(/^AwsSolutions-IAM5\[Resource::.*\*.*\]$/);
      expect(path).toMatch(/^[A-Za-z]+\/Role$/);
    }
  });

  it('really is there, and there is nothing else', () => {
    const known = acknowledged.map(({ path, id }) => `${path} ${id}`);
    expect(known.length).toBeGreaterThan(20);
    expect(wildcardsIn(stack).sort()).toEqual(known.sort());
  });

  it('has a reason that says something', () => {
    for (const { reason } of acknowledged) expect(reason.split(' ').length).toBeGreaterThan(6);
  });

  it('lets an action with a wildcard pass nowhere', () => {
    expect(acknowledged.filter(({ id }) => id.includes('Action::'))).toEqual([]);
  });
});

describe('the synthesis', () => {
  const fail = (change: (stack: Stack) => void) => {
    const changed = stackOf(config);
    change(changed);
    return () => Stage.of(changed)?.synth();
  };

  it('passes as it is', () => {
    expect(fail(() => {})).not.toThrow();
  });

  it('fails on a role with a wildcard that nobody gave a reason for', () => {
    const wide = new PolicyDocument({
      statements: [new PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::some/*'] })],
    });
    const synth = fail((changed) => {
      const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
      new Role(changed, 'Wide', { assumedBy, inlinePolicies: { wide } });
    });
    expect(synth).toThrow(/Wide\/Resource[\s\S]*AwsSolutions-IAM5\[Resource::arn:aws:s3:::some\/\*\]/);
  });

  it('fails on a queue without encryption', () => {
    const synth = fail((changed) => {
      const queue = changed.node.findAll().find((each) => each instanceof CfnQueue);
      if (queue) queue.sqsManagedSseEnabled = false;
    });
    expect(synth).toThrow(/AwsSolutions-SQS2/);
  });
});

describe('a statement with a wildcard', () => {
  const role = () =>
    new Role(new Stack(new App()), 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const everything = { actions: ['ec2:DescribeInstances'], resources: ['*'] };

  it('is refused beside one on the same resource that has a reason, though the rule would let it pass', () => {
    const open = new OpenStatement('AWS authorizes it for everything or nothing', everything);
    const plain = new PolicyStatement({ actions: ['ec2:TerminateInstances'], resources: ['*'] });
    expect(acknowledgeOpenResources(role(), [open])).toEqual([]);
    expect(acknowledgeOpenResources(role(), [open, plain])).toEqual([
      'ec2:TerminateInstances on *: name the resource, or say in an OpenStatement why it cannot be named',
    ]);
  });
});
