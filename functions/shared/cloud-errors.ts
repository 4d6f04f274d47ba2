import { errorCode } from './errors.ts';

const credentialCodes = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'AuthFailure',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'TokenRefreshRequired',
]);

/** The caller's identity is the problem, so every further call would fail the same way. */
export const isCredentialProblem = (error: unknown): boolean => credentialCodes.has(errorCode(error) ?? '');

/** The HTTP status behind an SDK error, if it came from an answer, be it one that the SDK could not read. */
export function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('$metadata' in error) {
    const status = numberAt(error.$metadata, 'httpStatusCode');
    if (status !== undefined) return status;
  }
  return '$response' in error ? numberAt(error.$response, 'statusCode') : undefined;
}

function numberAt(value: unknown, key: string): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'number' ? found : undefined;
}

/** The service had a bad moment, which says nothing about the request. */
export const isServiceFailure = (error: unknown): boolean => (httpStatus(error) ?? 0) >= 500;

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
