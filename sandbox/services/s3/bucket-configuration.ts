import type {
  DeleteBucketPolicyRequest,
  DeletePublicAccessBlockRequest,
  GetBucketEncryptionOutput,
  GetBucketPolicyOutput,
  GetBucketTaggingOutput,
  GetBucketVersioningOutput,
  GetObjectLockConfigurationOutput,
  GetPublicAccessBlockOutput,
  PutBucketEncryptionRequest,
  PutBucketPolicyRequest,
  PutBucketTaggingRequest,
  PutBucketVersioningRequest,
  PutObjectLockConfigurationRequest,
  PutPublicAccessBlockRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { checkPolicy } from './bucket-policy.ts';
import { accessDenied, invalidArgument, invalidBucketState, malformedXml, s3Error } from './errors.ts';
import { parseLockConfiguration } from './locks.ts';
import type { S3State } from './state.ts';
import { checkTags } from './tags.ts';

type OfBucket = Decoded<DeleteBucketPolicyRequest>;

/** Versioning, Object Lock, policy, encryption, public access and tags of a bucket. */
export function bucketConfigurationHandlers(state: S3State) {
  return {
    PutBucketVersioning(input: Decoded<PutBucketVersioningRequest>, request: RequestContext): object {
      const bucket = state.bucket(input, request);
      const { Status: status, MFADelete: mfaDelete } = input.VersioningConfiguration;
      if (status === undefined) {
        throw s3Error(
          'IllegalVersioningConfigurationException',
          400,
          'The Versioning element must be specified',
        );
      }
      if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
      if (mfaDelete === 'Enabled') {
        throw accessDenied('Mfa Authentication must be used for this request');
      }
      if (status === 'Suspended' && bucket.objectLock) {
        throw invalidBucketState(
          'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
        );
      }
      bucket.versioning = status;
      return {};
    },

    GetBucketVersioning(input: OfBucket, request: RequestContext): GetBucketVersioningOutput {
      const { versioning } = state.bucket(input, request);
      return versioning ? { Status: versioning } : {};
    },

    /** Also turns Object Lock on for an existing bucket, if it is versioned. */
    PutObjectLockConfiguration(
      input: Decoded<PutObjectLockConfigurationRequest>,
      request: RequestContext,
    ): object {
      const bucket = state.bucket(input, request);
      const rule = parseLockConfiguration(input.ObjectLockConfiguration);
      if (bucket.versioning !== 'Enabled') {
        throw invalidBucketState(
          "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        );
      }
      bucket.objectLock = true;
      bucket.defaultRetention = rule;
      return {};
    },

    GetObjectLockConfiguration(input: OfBucket, request: RequestContext): GetObjectLockConfigurationOutput {
      const bucket = state.bucket(input, request);
      if (!bucket.objectLock) {
        throw s3Error(
          'ObjectLockConfigurationNotFoundError',
          404,
          'Object Lock configuration does not exist for this bucket',
          { BucketName: bucket.name },
        );
      }
      const rule = bucket.defaultRetention;
      const period = rule?.unit === 'years' ? { Years: rule.count } : { Days: rule?.count };
      return {
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          ...(rule ? { Rule: { DefaultRetention: { Mode: rule.mode, ...period } } } : {}),
        },
      };
    },

    PutBucketPolicy(input: Decoded<PutBucketPolicyRequest>, request: RequestContext): object {
      const bucket = state.bucket(input, request);
      checkPolicy(input.Policy, bucket.name);
      bucket.policy = input.Policy;
      return {};
    },

    GetBucketPolicy(input: OfBucket, request: RequestContext): GetBucketPolicyOutput {
      const { policy, name } = state.bucket(input, request);
      if (policy === undefined) {
        throw s3Error('NoSuchBucketPolicy', 404, 'The bucket policy does not exist', { BucketName: name });
      }
      return { Policy: policy };
    },

    DeleteBucketPolicy(input: OfBucket, request: RequestContext): object {
      state.bucket(input, request).policy = undefined;
      return {};
    },

    PutBucketEncryption(input: Decoded<PutBucketEncryptionRequest>, request: RequestContext): object {
      const bucket = state.bucket(input, request);
      const rules = input.ServerSideEncryptionConfiguration.Rules ?? [];
      if (rules.length !== 1) throw malformedXml();
      const { SSEAlgorithm: algorithm, KMSMasterKeyID: key } =
        rules[0]?.ApplyServerSideEncryptionByDefault ?? {};
      if (algorithm !== undefined && !['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm)) {
        throw malformedXml();
      }
      if (key !== undefined && algorithm === 'AES256') {
        throw invalidArgument(
          'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
          'KMSMasterKeyID',
          key,
        );
      }
      bucket.encryption = input.ServerSideEncryptionConfiguration;
      return {};
    },

    GetBucketEncryption: (input: OfBucket, request: RequestContext): GetBucketEncryptionOutput => ({
      ServerSideEncryptionConfiguration: state.bucket(input, request).encryption,
    }),

    /** Deleting the configuration falls back to SSE-S3, which cannot be turned off. */
    DeleteBucketEncryption(input: OfBucket, request: RequestContext): object {
      state.bucket(input, request).encryption = {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      };
      return {};
    },

    PutPublicAccessBlock(input: Decoded<PutPublicAccessBlockRequest>, request: RequestContext): object {
      const wanted = input.PublicAccessBlockConfiguration;
      state.bucket(input, request).publicAccessBlock = {
        BlockPublicAcls: wanted.BlockPublicAcls ?? false,
        IgnorePublicAcls: wanted.IgnorePublicAcls ?? false,
        BlockPublicPolicy: wanted.BlockPublicPolicy ?? false,
        RestrictPublicBuckets: wanted.RestrictPublicBuckets ?? false,
      };
      return {};
    },

    GetPublicAccessBlock(input: OfBucket, request: RequestContext): GetPublicAccessBlockOutput {
      const { publicAccessBlock, name } = state.bucket(input, request);
      if (!publicAccessBlock) {
        throw s3Error(
          'NoSuchPublicAccessBlockConfiguration',
          404,
          'The public access block configuration was not found',
          { BucketName: name },
        );
      }
      return { PublicAccessBlockConfiguration: publicAccessBlock };
    },

    DeletePublicAccessBlock(input: Decoded<DeletePublicAccessBlockRequest>, request: RequestContext): object {
      state.bucket(input, request).publicAccessBlock = undefined;
      return {};
    },

    PutBucketTagging(input: Decoded<PutBucketTaggingRequest>, request: RequestContext): object {
      const bucket = state.bucket(input, request);
      bucket.tags = checkTags(input.Tagging.TagSet, 50);
      return {};
    },

    GetBucketTagging(input: OfBucket, request: RequestContext): GetBucketTaggingOutput {
      const { tags, name } = state.bucket(input, request);
      if (!tags) throw s3Error('NoSuchTagSet', 404, 'The TagSet does not exist', { BucketName: name });
      return { TagSet: [...tags] };
    },

    DeleteBucketTagging(input: OfBucket, request: RequestContext): object {
      state.bucket(input, request).tags = undefined;
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}
