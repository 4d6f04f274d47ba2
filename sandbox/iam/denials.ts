/** How each service tells that a request is not allowed. */
import { createHash } from 'node:crypto';
import { type RequestContext, ServiceError } from '../service.ts';
import type { CombinedJudgement } from './evaluator.ts';
import type { Demand } from './requests/demand.ts';

/** Error codes by signing name; the others use the one of the query protocols. */
const codes: Readonly<Record<string, readonly [code: string, status: number]>> = {
  ec2: ['UnauthorizedOperation', 403],
  lambda: ['AccessDeniedException', 403],
  // Modelled by SNS as AuthorizationErrorException.
  sns: ['AuthorizationError', 403],
  ssm: ['AccessDeniedException', 400],
};

/**
 * "User: ... is not authorized to perform: ... on resource: ... because ...", the form of "Troubleshoot access denied
 * error messages" in the IAM User Guide. EC2 puts a sentence before it and an encoded message behind it.
 */
export function denial(demand: Demand, judgement: CombinedJudgement, request: RequestContext): ServiceError {
  const { service, caller } = request;
  const [code, status] = codes[service] ?? ['AccessDenied', 403];
  const resource = service === 's3' ? `"${demand.resource}"` : demand.resource;
  const sentence = `User: ${caller.arn} is not authorized to perform: ${demand.action} on resource: ${resource} ${reason(demand, judgement)}`;
  if (service === 'rds' && demand.via !== undefined) {
    return new ServiceError('KMSKeyNotAccessibleFault', sentence, 400);
  }
  if (service !== 'ec2') return new ServiceError(code, sentence, status);
  const message = `You are not authorized to perform this operation. ${sentence}. Encoded authorization failure message: ${encoded(sentence, request)}`;
  return new ServiceError(code, message, status);
}

function reason({ action }: Demand, { verdict, by }: CombinedJudgement): string {
  const kind = by === 'identity' ? 'identity-based policy' : 'resource-based policy';
  return verdict === 'ExplicitlyDenied'
    ? `with an explicit deny in ${by === 'identity' ? 'an' : 'a'} ${kind}`
    : `because no ${kind} allows the ${action} action`;
}

/** Nobody but DecodeAuthorizationMessage can read the real one; here it is of the same kind and as opaque. */
const encoded = (sentence: string, { requestId }: RequestContext): string =>
  createHash('sha512').update(`${requestId} ${sentence}`).digest('base64url').repeat(2);
