/** What CloudFormation asks of policies. */
import type { RequestContext } from '../../service.ts';
import { arnOf, type Demands, demand, everything, type ServiceDemands, type Target } from './demand.ts';

interface StackInput {
  readonly StackName?: string | undefined;
}

/** A stack that is named stands for `stack/<name>/*`: its ID holds a UUID that the caller need not know. */
function stack({ StackName: name }: StackInput, { region, caller }: RequestContext): Target {
  if (name === undefined) return everything;
  if (name.startsWith('arn:')) return { resource: name, owner: name.split(':')[4] ?? '' };
  const resource = `stack/${name}/*`;
  return { resource: arnOf({ service: 'cloudformation', region, account: caller.account, resource }) };
}

const onStack =
  (action: string): Demands<StackInput> =>
  (input, request) => [demand(`cloudformation:${action}`, stack(input, request))];

export const cloudFormationDemands: ServiceDemands = {
  DescribeStacks: onStack('DescribeStacks'),
  DescribeStackResources: onStack('DescribeStackResources'),
  ListStackResources: onStack('ListStackResources'),
};
