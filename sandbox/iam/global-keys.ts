import type { CallerIdentity, RequestContext } from '../service.ts';
import type { Principal } from './evaluator.ts';
import type { Context } from './request-values.ts';
import { type Demand, partitionOf } from './requests/demand.ts';

/** Who signs a request, seen by policies: a session stands for its role. */
export function principalOf({ account, arn }: CallerIdentity, region: string): Principal {
  const role = /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  const roleArn = role === undefined ? undefined : `arn:${partitionOf(region)}:iam::${account}:role/${role}`;
  return { account, arn, roleArn };
}

/** Keys that every request has ("AWS global condition context keys"), and `ec2:Region`, which every EC2 action has. */
export function globalKeys(
  { caller, region, now, headers }: RequestContext,
  principal: Principal,
  { action, owner, via }: Demand,
): Context {
  const isRole = principal.roleArn !== undefined;
  const user = /:user\/(?:.*\/)?([^/]+)$/.exec(caller.arn)?.[1];
  return {
    'aws:RequestedRegion': region,
    'aws:PrincipalAccount': caller.account,
    // Of the role, not of the session.
    'aws:PrincipalArn': principal.roleArn ?? caller.arn,
    'aws:PrincipalType': isRole ? 'AssumedRole' : user === undefined ? 'Account' : 'User',
    'aws:PrincipalIsAWSService': 'false',
    'aws:userid': caller.userId,
    'aws:username': user,
    'aws:ResourceAccount': owner ?? caller.account,
    // The sandbox listens on the loopback interface in place of endpoints that take nothing but TLS.
    'aws:SecureTransport': 'true',
    'aws:SourceIp': via === undefined ? '127.0.0.1' : undefined,
    'aws:UserAgent': headers['user-agent'],
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': String(Math.floor(now / 1000)),
    'aws:ViaAWSService': String(via !== undefined),
    'aws:CalledVia': via === undefined ? undefined : [via],
    'ec2:Region': action.startsWith('ec2:') ? region : undefined,
  };
}
