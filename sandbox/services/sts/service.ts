import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  GetAccessKeyInfoRequest,
  GetAccessKeyInfoResponse,
  GetCallerIdentityResponse,
} from '@aws-sdk/client-sts';
import * as sts from '@aws-sdk/client-sts';
import type { Identity } from '../../identities.ts';
import {
  type AnyHandler,
  type CallerIdentity,
  type RequestContext,
  type Service,
  ServiceError,
} from '../../service.ts';
import type { World } from '../../world.ts';
import { between, checkConstraints, lengthBetween, matches } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';

/** Where temporary credentials are made known to the server; `Identities` is one. */
export interface IdentityRegistry {
  add(identity: Identity): void;
  find(accessKeyId: string): Identity | undefined;
}

export interface Role {
  /** `AROA` and 16 further letters or digits. */
  readonly roleId: string;
  /** Longest session that the role allows. AWS gives new roles 3,600. */
  readonly maxSessionSeconds: number;
}

/** Which roles may be assumed, and by whom. Undefined refuses without saying whether the role exists. */
export type RoleDirectory = (
  roleArn: string,
  caller: CallerIdentity,
  externalId: string | undefined,
) => Role | undefined;

export interface StsOptions {
  readonly identities: IdentityRegistry;
  /** Default: every role of the caller's own account, as if its trust policy named the account. */
  readonly roles?: RoleDirectory;
}

export interface Sts {
  readonly service: Service;
}

const rolePattern = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:[\x21-\x7e]+\/)?([\w+=,.@-]{1,64})$/;

/** AWS Security Token Service: GetCallerIdentity, AssumeRole, GetAccessKeyInfo. */
export function createSts(world: World, options: StsOptions): Sts {
  const roles = options.roles ?? ownRoles;
  const token = (length: number): string => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    return Array.from({ length }, () => letters[world.random.integer(letters.length)]).join('');
  };
  const handlers = {
    /** Needs no permission and cannot be denied. */
    GetCallerIdentity: (_input: object, { caller }: RequestContext): GetCallerIdentityResponse => ({
      Account: caller.account,
      Arn: caller.arn,
      UserId: caller.userId,
    }),

    AssumeRole(input: Decoded<AssumeRoleRequest>, { caller }: RequestContext): AssumeRoleResponse {
      const { RoleArn: roleArn, RoleSessionName: session, DurationSeconds: seconds = 3600 } = input;
      checkConstraints('ValidationError', [
        lengthBetween('roleArn', roleArn, 20, 2048),
        lengthBetween('roleSessionName', session, 2, 64),
        matches('roleSessionName', session, '[\\w+=,.@-]*'),
        between('durationSeconds', seconds, 900, 43_200),
        matches('externalId', input.ExternalId, '[\\w+=,.@:\\/-]*'),
      ]);
      const [, account, name] = rolePattern.exec(roleArn) ?? [];
      if (account === undefined || name === undefined) throw invalid(`${roleArn} is invalid`);
      if (input.Policy !== undefined) checkSessionPolicy(input.Policy);
      const role = roles(roleArn, caller, input.ExternalId);
      if (!role) {
        throw new ServiceError(
          'AccessDenied',
          `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
          403,
        );
      }
      if (seconds > role.maxSessionSeconds) {
        throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
      }
      if (seconds > 3600 && caller.arn.includes(':assumed-role/')) {
        throw invalid(
          'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
        );
      }
      const expiresAt = Math.floor(Date.now() / 1000 + seconds) * 1000;
      const identity = {
        accessKeyId: `ASIA${token(16)}`,
        secretAccessKey: token(40),
        sessionToken: `${token(200)}==`,
        account,
        arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
        userId: `${role.roleId}:${session}`,
        expiresAt,
      };
      options.identities.add(identity);
      return {
        Credentials: {
          AccessKeyId: identity.accessKeyId,
          SecretAccessKey: identity.secretAccessKey,
          SessionToken: identity.sessionToken,
          // Signatures are checked on real time, so credentials end on real time too.
          Expiration: new Date(expiresAt),
        },
        AssumedRoleUser: { AssumedRoleId: identity.userId, Arn: identity.arn },
        ...(input.Policy === undefined ? {} : { PackedPolicySize: 1 }),
        ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
      };
    },

    GetAccessKeyInfo(input: Decoded<GetAccessKeyInfoRequest>): GetAccessKeyInfoResponse {
      const identity = options.identities.find(input.AccessKeyId);
      if (!identity) throw invalid('Invalid Access Key');
      return { Account: identity.account };
    },
  } satisfies Record<string, AnyHandler>;

  return {
    service: {
      signingName: 'sts',
      protocol: 'awsQuery',
      clientPackage: sts,
      xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      handlers,
    },
  };
}

const invalid = (message: string): ServiceError => new ServiceError('ValidationError', message, 400);

/** A made-up but stable role id, since roles of the account are not kept anywhere. */
const ownRoles: RoleDirectory = (roleArn, caller) => {
  if (!roleArn.includes(`:iam::${caller.account}:role/`)) return undefined;
  const letters = roleArn.toUpperCase().replaceAll(/[^A-Z2-7]/g, '');
  return { roleId: `AROA${letters.slice(-16).padStart(16, 'A')}`, maxSessionSeconds: 3600 };
};

function checkSessionPolicy(policy: string): void {
  try {
    JSON.parse(policy);
  } catch {
    throw new ServiceError('MalformedPolicyDocument', 'The policy is not in the valid JSON format.', 400);
  }
}
