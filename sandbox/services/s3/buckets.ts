import type {
  CreateBucketOutput,
  CreateBucketRequest,
  DeleteBucketRequest,
  GetBucketLocationOutput,
  GetBucketLocationRequest,
  HeadBucketOutput,
  HeadBucketRequest,
  ListBucketsOutput,
  ListBucketsRequest,
} from '@aws-sdk/client-s3';
import type { AnyHandler, RequestContext } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { checkBucketName } from './bucket-names.ts';
import { invalidArgument, noSuchBucket, s3Error } from './errors.ts';
import { summary } from './model.ts';
import type { S3State } from './state.ts';

const pageLimit = 10_000;

/** CreateBucket, HeadBucket, GetBucketLocation, ListBuckets, DeleteBucket. */
export function bucketHandlers(state: S3State) {
  return {
    CreateBucket(input: Decoded<CreateBucketRequest>, request: RequestContext): CreateBucketOutput {
      checkBucketName(input.Bucket);
      const region = regionOf(input, request);
      const existing = state.buckets.get(input.Bucket);
      if (existing && existing.account !== request.caller.account) {
        throw s3Error(
          'BucketAlreadyExists',
          409,
          'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
          { BucketName: input.Bucket },
        );
      }
      // Re-creating one's own bucket is an error everywhere but in us-east-1 ("CreateBucket", API Reference).
      if (existing && (request.region !== 'us-east-1' || existing.region !== 'us-east-1')) {
        throw s3Error(
          'BucketAlreadyOwnedByYou',
          409,
          'Your previous request to create the named bucket succeeded and you already own it.',
          { BucketName: input.Bucket },
        );
      }
      if (!existing) {
        const bucket = state.create(input.Bucket, region, request.caller.account);
        bucket.tags = input.CreateBucketConfiguration?.Tags;
        if (input.ObjectLockEnabledForBucket) {
          bucket.objectLock = true;
          bucket.versioning = 'Enabled';
        }
      }
      return {
        Location: region === 'us-east-1' ? `/${input.Bucket}` : `http://${input.Bucket}.s3.amazonaws.com/`,
        BucketArn: `arn:aws:s3:::${input.Bucket}`,
      };
    },

    /** Errors carry no body, so the codes are the ones that clients make of the status. */
    HeadBucket(input: Decoded<HeadBucketRequest>, request: RequestContext): HeadBucketOutput {
      const bucket = state.buckets.get(input.Bucket);
      if (!bucket) throw s3Error('NotFound', 404, 'Not Found');
      const region = { 'x-amz-bucket-region': bucket.region };
      const foreign = bucket.account !== request.caller.account;
      if (foreign || (input.ExpectedBucketOwner ?? bucket.account) !== bucket.account) {
        throw s3Error('Forbidden', 403, 'Forbidden', {}, region);
      }
      if (bucket.region !== request.region) {
        throw s3Error('PermanentRedirect', 301, 'Moved Permanently', {}, region);
      }
      return {
        BucketRegion: bucket.region,
        BucketArn: `arn:aws:s3:::${bucket.name}`,
        AccessPointAlias: false,
      };
    },

    /** Answers in every Region, which is what it is for. */
    GetBucketLocation(
      input: Decoded<GetBucketLocationRequest>,
      request: RequestContext,
    ): GetBucketLocationOutput {
      const bucket = state.buckets.get(input.Bucket);
      if (!bucket) throw noSuchBucket(input.Bucket);
      state.checkOwner(bucket, request.caller, input.ExpectedBucketOwner);
      // The first Region has no location constraint.
      return bucket.region === 'us-east-1' ? {} : { LocationConstraint: locationConstraint(bucket.region) };
    },

    ListBuckets(input: ListBucketsRequest, request: RequestContext): ListBucketsOutput {
      const max = input.MaxBuckets ?? pageLimit;
      if (max < 1 || max > pageLimit) {
        throw invalidArgument(
          `Argument max-buckets must be an integer between 1 and ${pageLimit}`,
          'max-buckets',
          max,
        );
      }
      const after = input.ContinuationToken
        ? Buffer.from(input.ContinuationToken, 'base64url').toString()
        : '';
      const own = [...state.buckets.values()]
        .filter((bucket) => bucket.account === request.caller.account)
        .filter((bucket) => bucket.name > after && bucket.name.startsWith(input.Prefix ?? ''))
        .filter((bucket) => (input.BucketRegion ?? bucket.region) === bucket.region)
        .sort((left, right) => (left.name < right.name ? -1 : 1));
      const page = own.slice(0, max);
      const last = page.at(-1);
      return {
        Buckets: page.map(summary),
        Owner: { ID: ownerId(request.caller.account) },
        ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
        ...(own.length > max && last
          ? { ContinuationToken: Buffer.from(last.name).toString('base64url') }
          : {}),
      };
    },

    DeleteBucket(input: Decoded<DeleteBucketRequest>, request: RequestContext): object {
      const bucket = state.bucket(input, request);
      if (bucket.keys.size > 0) {
        const versioned = bucket.versioning !== undefined;
        throw s3Error(
          'BucketNotEmpty',
          409,
          `The bucket you tried to delete is not empty${versioned ? '. You must delete all versions in the bucket.' : ''}`,
          { BucketName: input.Bucket },
        );
      }
      state.buckets.delete(bucket.name);
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

/** The canonical user id of an account: 64 hexadecimal digits. */
export const ownerId = (account: string): string => account.padStart(64, '0');

function regionOf(input: Decoded<CreateBucketRequest>, request: RequestContext): string {
  const constraint = input.CreateBucketConfiguration?.LocationConstraint;
  if (constraint === undefined) {
    if (request.region === 'us-east-1') return request.region;
    throw incompatible('unspecified');
  }
  // `EU` is the old name of eu-west-1; us-east-1 is meant by leaving the constraint out.
  const region: string = constraint === 'EU' ? 'eu-west-1' : constraint;
  if (region === 'us-east-1' || !/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) {
    throw s3Error('InvalidLocationConstraint', 400, 'The specified location-constraint is not valid', {
      LocationConstraint: constraint,
    });
  }
  if (request.region !== 'us-east-1' && region !== request.region) throw incompatible(constraint);
  return region;
}

const incompatible = (constraint: string): Error =>
  s3Error(
    'IllegalLocationConstraintException',
    400,
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );

type LocationConstraint = NonNullable<GetBucketLocationOutput['LocationConstraint']>;

/** The type lists the Regions of one release; CreateBucket has checked the form of this one. */
const locationConstraint = (region: string): LocationConstraint => region as LocationConstraint;
