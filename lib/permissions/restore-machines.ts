import { Arn, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Config } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';
import { namedTargets } from '../restore-targets.ts';
import { ec2Arn, ec2CopyArn } from './arns.ts';
import { OpenStatement } from './open-statement.ts';
import { madeByRestore } from './restored.ts';
import { readUserData } from './selections.ts';

const unborn =
  'what a launch makes has no ID before it is made; bounded to what carries the tag of a restore from then on';
const byTag =
  'restored machines have IDs that no configuration knows; bounded by the tag that a restore gave them';

/** Machines from our images, in the places that the plans name, with the profiles that they name. */
export function restoredMachines(stack: Stack, config: Config): PolicyStatement[] {
  const { subnets, securityGroups, instanceProfiles } = namedTargets(config);
  const named = (resource: string, ids: readonly string[]) => ids.map((id) => ec2Arn(stack, resource, id));
  const groups = named('security-group', securityGroups);
  const ours = {
    [`aws:ResourceTag/${tagKeys.managed}`]: config.deployment,
    'ec2:Owner': stack.account,
  };
  const asked = madeByRestore(config, 'aws:RequestTag');
  const made = ['instance', 'network-interface', 'volume'].map((resource) => ec2Arn(stack, resource));
  return [
    new PolicyStatement({
      actions: ['ec2:RunInstances'],
      resources: [ec2CopyArn(stack, 'image'), ec2CopyArn(stack, 'snapshot')],
      conditions: { StringEquals: ours },
    }),
    new OpenStatement('key pairs are those of the old machines, which the configuration does not have', {
      actions: ['ec2:RunInstances'],
      resources: [...named('subnet', subnets), ec2Arn(stack, 'key-pair')],
    }),
    // At birth, and out of quarantine: each group once, since a role has little room.
    ...(groups.length === 0
      ? []
      : [
          new PolicyStatement({
            actions: ['ec2:RunInstances', 'ec2:ModifyNetworkInterfaceAttribute'],
            resources: [...groups],
          }),
        ]),
    new OpenStatement(unborn, {
      actions: ['ec2:RunInstances'],
      resources: [ec2Arn(stack, 'network-interface'), ec2Arn(stack, 'volume')],
      conditions: { StringEquals: asked },
    }),
    new OpenStatement(unborn, {
      actions: ['ec2:RunInstances'],
      resources: [ec2Arn(stack, 'instance')],
      conditions: {
        StringEquals: { ...asked, 'ec2:MetadataHttpTokens': 'required' },
        ...profileCondition(stack, instanceProfiles),
      },
    }),
    new OpenStatement(unborn, {
      actions: ['ec2:CreateTags'],
      resources: made,
      conditions: { StringEquals: { ...asked, 'ec2:CreateAction': 'RunInstances' } },
    }),
    ...passRole(stack, instanceProfiles),
    ...switches(stack, config),
    ...readUserData(stack, Object.values(config.plans)),
  ];
}

const iamArn = (stack: Stack, resource: string, resourceName: string): string =>
  Arn.format({ service: 'iam', region: '', resource, resourceName }, stack);

/** One of the named profiles, or none where the old machine had none. */
function profileCondition(stack: Stack, profiles: readonly string[]) {
  if (profiles.length === 0) return { Null: { 'ec2:InstanceProfile': 'true' } };
  const arns = profiles.map((name) => iamArn(stack, 'instance-profile', name));
  return { ArnEqualsIfExists: { 'ec2:InstanceProfile': arns } };
}

/** An instance profile holds one role; the console and this configuration give both the same name. */
function passRole(stack: Stack, profiles: readonly string[]): PolicyStatement[] {
  if (profiles.length === 0) return [];
  return [
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: profiles.map((name) => iamArn(stack, 'role', name)),
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    }),
  ];
}

/** Out of quarantine, and the Elastic IP: only of what was restored, only one that was opened to us by our tag. */
function switches(stack: Stack, config: Config): PolicyStatement[] {
  const restored = madeByRestore(config, 'aws:ResourceTag');
  const interfaces = ec2Arn(stack, 'network-interface');
  return [
    new OpenStatement(byTag, {
      actions: ['ec2:ModifyNetworkInterfaceAttribute'],
      resources: [interfaces],
      conditions: { StringEquals: restored },
    }),
    new OpenStatement(byTag, {
      actions: ['ec2:AssociateAddress'],
      resources: [interfaces, ec2Arn(stack, 'instance')],
      conditions: { StringEquals: restored },
    }),
    new OpenStatement('an address is opened to the role by its tag, not by the configuration', {
      actions: ['ec2:AssociateAddress'],
      resources: [ec2Arn(stack, 'elastic-ip')],
      conditions: { StringEquals: { [`aws:ResourceTag/${tagKeys.managed}`]: config.deployment } },
    }),
  ];
}
