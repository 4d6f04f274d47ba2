import type { AwsCredentialIdentity } from '@smithy/types';
import { failedError } from '../shared/errors.ts';

/**
 * Takes the place of the SDK's chain of credential providers in bundles: Lambda hands the credentials of the role to a
 * function as environment variables ("Working with Lambda environment variables"), and the other providers are a
 * fifth of a small bundle.
 */
export const defaultProvider = () => async (): Promise<AwsCredentialIdentity> => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw failedError('this function has no credentials', 'Lambda gives them to it; run it nowhere else');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
};
