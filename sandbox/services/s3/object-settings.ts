import type {
  GetObjectLegalHoldOutput,
  GetObjectLegalHoldRequest,
  GetObjectRetentionOutput,
  GetObjectRetentionRequest,
  GetObjectTaggingOutput,
  GetObjectTaggingRequest,
  PutObjectLegalHoldRequest,
  PutObjectRetentionRequest,
  PutObjectTaggingRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { malformedXml, missingLockConfiguration, s3Error } from './errors.ts';
import { changedRetention } from './locks.ts';
import type { ObjectVersion } from './model.ts';
import { readable } from './object-read.ts';
import type { S3State } from './state.ts';
import { checkTags } from './tags.ts';

type OfVersion = Pick<
  Decoded<GetObjectRetentionRequest>,
  'Bucket' | 'Key' | 'VersionId' | 'ExpectedBucketOwner'
>;

/** Retention, legal hold and tags of stored versions. */
export function objectSettingHandlers(state: S3State) {
  const find = (input: OfVersion, request: RequestContext): ObjectVersion =>
    readable(state.bucket(input, request), input.Key, input.VersionId, 'GET');

  /** Retention and legal hold exist in buckets with Object Lock only. */
  const findLockable = (input: OfVersion, request: RequestContext): ObjectVersion => {
    if (!state.bucket(input, request).objectLock) throw missingLockConfiguration();
    return find(input, request);
  };

  return {
    PutObjectRetention(input: Decoded<PutObjectRetentionRequest>, request: RequestContext): object {
      const version = findLockable(input, request);
      version.retention = changedRetention(
        version.retention,
        input.Retention,
        input.BypassGovernanceRetention ?? false,
        request.now,
      );
      return {};
    },

    GetObjectRetention(
      input: Decoded<GetObjectRetentionRequest>,
      request: RequestContext,
    ): GetObjectRetentionOutput {
      const { retention } = findLockable(input, request);
      if (!retention) throw noLock();
      return { Retention: { Mode: retention.mode, RetainUntilDate: new Date(retention.until) } };
    },

    PutObjectLegalHold(input: Decoded<PutObjectLegalHoldRequest>, request: RequestContext): object {
      const version = findLockable(input, request);
      const status = input.LegalHold?.Status;
      if (status !== 'ON' && status !== 'OFF') throw malformedXml();
      version.legalHold = status === 'ON';
      return {};
    },

    GetObjectLegalHold(
      input: Decoded<GetObjectLegalHoldRequest>,
      request: RequestContext,
    ): GetObjectLegalHoldOutput {
      const { legalHold } = findLockable(input, request);
      if (legalHold === undefined) throw noLock();
      return { LegalHold: { Status: legalHold ? 'ON' : 'OFF' } };
    },

    PutObjectTagging(input: Decoded<PutObjectTaggingRequest>, request: RequestContext): object {
      const version = find(input, request);
      version.tags = checkTags(input.Tagging.TagSet, 10);
      return {};
    },

    GetObjectTagging(
      input: Decoded<GetObjectTaggingRequest>,
      request: RequestContext,
    ): GetObjectTaggingOutput {
      return { TagSet: [...find(input, request).tags] };
    },

    DeleteObjectTagging(input: Decoded<GetObjectTaggingRequest>, request: RequestContext): object {
      find(input, request).tags = [];
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

const noLock = (): Error =>
  s3Error(
    'NoSuchObjectLockConfiguration',
    404,
    'The specified object does not have a ObjectLock configuration',
  );
