import { httpStatus, isNetworkProblem } from '../shared/cloud-errors.ts';
import { errorCode, failedError, SnapkeepError, usageError } from '../shared/errors.ts';

const signIn = 'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`';

/**
 * The sentence for an error of AWS, or of the way to it: credentials, Region, network. Undefined for anything else.
 */
export function accessProblem(error: unknown): SnapkeepError | undefined {
  if (error instanceof SnapkeepError) return error;
  // What went through a checkpoint has kept its name and message; the rest is with the original.
  return problemOf(error) ?? (error instanceof Error && error.cause ? accessProblem(error.cause) : undefined);
}

function problemOf(error: unknown): SnapkeepError | undefined {
  const code = errorCode(error) ?? '';
  switch (code) {
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return usageError('no AWS credentials were found', signIn, error);
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'RequestExpired':
    case 'TokenRefreshRequired':
      return usageError(
        'the AWS credentials have expired',
        'sign in again, then run the same command',
        error,
      );
    case 'InvalidClientTokenId':
    case 'InvalidAccessKeyId':
    case 'UnrecognizedClientException':
    case 'AuthFailure':
    case 'SignatureDoesNotMatch':
    case 'InvalidSignatureException':
    case 'MissingAuthenticationToken':
      return usageError(`AWS does not accept the credentials (${code})`, signIn, error);
    case 'UnauthorizedOperation':
    case 'AccessDenied':
    case 'AccessDeniedException':
      return usageError(
        `the credentials are not allowed to do this: ${textOf(error)}`,
        'give the role or user the permission that is named, or use other credentials',
        error,
      );
    case 'OptInRequired':
      return usageError(
        'the Region is not enabled for this account',
        'enable it, or correct `region` in snapkeep.yaml',
      );
    default:
      return networkProblem(error) ?? refusal(error);
  }
}

/** Whatever else a service answers about a call that the whole command depends on. */
function refusal(error: unknown): SnapkeepError | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = httpStatus(error);
  if (status === undefined) return undefined;
  if (!('$fault' in error)) {
    return failedError(
      `AWS gave an answer that cannot be read (HTTP ${status})`,
      'check AWS_ENDPOINT_URL and proxies; the state is safe: run the same command again',
      error,
    );
  }
  return failedError(
    `AWS refused: ${error.name}: ${textOf(error)}`,
    'the state is safe: correct what it names, or wait, and run the same command again',
    error,
  );
}

function networkProblem(error: unknown): SnapkeepError | undefined {
  if (!isNetworkProblem(error)) return undefined;
  return failedError(
    `AWS could not be reached (${textOf(error) || errorCode(error)})`,
    'check the network, a proxy, and AWS_ENDPOINT_URL; the state is safe: run the same command again',
    error,
  );
}

const textOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/\s+/g, ' ').trim() : '';
