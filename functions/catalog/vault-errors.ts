import { httpStatus, isCredentialProblem, isNetworkProblem } from '../shared/cloud-errors.ts';
import { describeError, errorCode, failedError, SnapkeepError, usageError } from '../shared/errors.ts';

const createHint =
  'deploy the stack (`npx cdk deploy`), which makes it unless `vault.existing` is set, or correct `vault.bucket` in snapkeep.yaml';

/** One document of the ledger cannot be used; what it says is not known, and nothing may be taken for granted. */
export class UnreadableDocumentError extends SnapkeepError {
  readonly key: string;

  constructor(key: string, message: string, cause?: unknown) {
    const remedy = 'use the version of Snapkeep that wrote it, or look at its versions in the vault';
    super('failed', message, { remedy, cause });
    this.key = key;
  }
}

/** Turns what S3 answers about the vault into one sentence; what the user must fix beforehand is a usage error. */
export function vaultProblem(error: unknown, bucket: string, access: 'read' | 'write'): Error {
  if (error instanceof SnapkeepError) return error;
  const status = httpStatus(error);
  switch (errorCode(error)) {
    case 'NoSuchBucket':
      return usageError(`the vault bucket ${bucket} does not exist`, createHint, error);
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return usageError(
        `the vault bucket ${bucket} lies in another Region than the configuration says`,
        'name it in snapkeep.yaml with the Region that it lies in: at the top, or below `regions`',
        error,
      );
    case 'AccessDenied':
    case 'AllAccessDisabled':
      return usageError(
        `the vault bucket ${bucket} refuses to ${access}: ${describeError(error)}`,
        `allow these credentials ${access === 'write' ? 's3:PutObject' : 's3:GetBucketVersioning, s3:ListBucketVersions and s3:GetObjectVersion'} on it, and check its bucket policy and KMS key`,
        error,
      );
    case 'NotImplemented':
    case 'InvalidRequest':
      return usageError(
        `the vault bucket ${bucket} cannot hold a ledger: ${describeError(error)}`,
        'use a versioned S3 bucket with Object Lock',
        error,
      );
    default:
      if (status === 404) return usageError(`the vault bucket ${bucket} does not exist`, createHint, error);
      if (error instanceof Error && (isCredentialProblem(error) || isNetworkProblem(error))) return error;
      return failedError(
        `the vault bucket ${bucket} did not answer a ${access}: ${describeError(error)}`,
        'the state is safe: run the same command again',
        error,
      );
  }
}
