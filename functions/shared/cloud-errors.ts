import { errorCode } from './errors.ts';

const credentialCodes = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'AuthFailure',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'TokenRefreshRequired',
]);

/** The caller's identity is the problem, so every further call would fail the same way. */
export const isCredentialProblem = (error: unknown): boolean => credentialCodes.has(errorCode(error) ?? '');

/** The HTTP status behind an SDK error, if it came from an answer. */
export function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}

const networkCodes = new Set([
  'TimeoutError',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
]);

/** No answer came at all. */
export function isNetworkProblem(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return networkCodes.has('code' in error && typeof error.code === 'string' ? error.code : error.name);
}
