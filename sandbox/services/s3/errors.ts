import { ServiceError } from '../../service.ts';

/**
 * Codes, statuses and sentences after "Error responses" of the Amazon S3 API Reference; members such as
 * `BucketName` are those that the service puts beside `Code` and `Message`.
 */
type Details = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

export const s3Error = (
  code: string,
  status: number,
  message: string,
  details: Details = {},
  headers: Headers = {},
): ServiceError => new ServiceError(code, message, status, details, headers);

export const noSuchBucket = (bucket: string): ServiceError =>
  s3Error('NoSuchBucket', 404, 'The specified bucket does not exist', { BucketName: bucket });

export const accessDenied = (message = 'Access Denied'): ServiceError =>
  s3Error('AccessDenied', 403, message);

export const noSuchKey = (key: string, headers: Headers = {}): ServiceError =>
  s3Error('NoSuchKey', 404, 'The specified key does not exist.', { Key: key }, headers);

export const noSuchVersion = (key: string, versionId: string): ServiceError =>
  s3Error('NoSuchVersion', 404, 'The specified version does not exist.', { Key: key, VersionId: versionId });

/** The named version is a delete marker: it has nothing to read. */
export const deleteMarkerNotAllowed = (method: string, headers: Headers): ServiceError =>
  s3Error(
    'MethodNotAllowed',
    405,
    'The specified method is not allowed against this resource.',
    { Method: method, ResourceType: 'DeleteMarker' },
    { ...headers, allow: 'DELETE' },
  );

export const invalidArgument = (message: string, name: string, value: unknown): ServiceError =>
  s3Error('InvalidArgument', 400, message, {
    ArgumentName: name,
    ...(value === undefined ? {} : { ArgumentValue: String(value) }),
  });

export const invalidRequest = (message: string): ServiceError => s3Error('InvalidRequest', 400, message);

export const malformedXml = (): ServiceError =>
  s3Error(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

export const invalidBucketState = (message: string): ServiceError =>
  s3Error('InvalidBucketState', 409, message);

export const preconditionFailed = (condition: string): ServiceError =>
  s3Error('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });

/** Two conditional writes of one key met; the client is told to try again. */
export const conditionalConflict = (condition: string, key: string): ServiceError =>
  s3Error(
    'ConditionalRequestConflict',
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    { Condition: condition, Key: key },
  );

export const notModified = (headers: Headers): ServiceError =>
  s3Error('NotModified', 304, 'Not Modified', {}, headers);

export const noSuchUpload = (uploadId: string): ServiceError =>
  s3Error(
    'NoSuchUpload',
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId },
  );

/** The bucket lives in another Region than the one the request was signed for. */
export const permanentRedirect = (bucket: string, region: string): ServiceError =>
  s3Error(
    'PermanentRedirect',
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    { Bucket: bucket, Endpoint: `s3.${region}.amazonaws.com` },
    { 'x-amz-bucket-region': region },
  );

export const missingLockConfiguration = (): ServiceError =>
  invalidRequest('Bucket is missing Object Lock Configuration');

export const lockedByObjectLock = (): ServiceError =>
  accessDenied('Access Denied because object protected by object lock.');
