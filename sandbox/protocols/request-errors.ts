/** The documented codes for what is wrong with a request itself, per protocol. */
import { ServiceError } from '../service.ts';
import type { AuthenticationError, AuthenticationProblem } from './authorization.ts';
import type { DecodeError } from './failures.ts';
import type { ServiceSchema } from './schema.ts';
import type { WireProtocol } from './wire.ts';

type Family = 'ec2' | 'query' | 'json' | 's3';

/** Services of restXml but S3 (Route 53) answer what query services answer. */
function familyOf(protocol: WireProtocol, signingName: string): Family {
  if (protocol === 'ec2Query') return 'ec2';
  if (protocol === 'awsQuery') return 'query';
  if (protocol === 'restXml') return signingName === 'route53' ? 'query' : 's3';
  return 'json';
}

/** Code, status, and a message where the service does not tell more. */
type Answer = readonly [code: string, status: number, message?: string];

const INVALID_TOKEN = 'The security token included in the request is invalid.';
const EC2_AUTH: Answer = ['AuthFailure', 401, 'AWS was not able to validate the provided access credentials'];
const EC2_EXPIRED: Answer = ['RequestExpired', 400, 'Request has expired.'];

/**
 * From "Common errors" of the EC2, RDS, STS and Systems Manager API references and "Error responses" of the S3
 * API reference. Unsigned S3 requests are anonymous ones, and nothing in the sandbox is public.
 */
const AUTHENTICATION: Readonly<Record<AuthenticationProblem, Readonly<Record<Family, Answer>>>> = {
  missing: {
    ec2: ['MissingAuthenticationToken', 403, 'Request is missing Authentication Token'],
    query: ['MissingAuthenticationToken', 403, 'Request is missing Authentication Token'],
    json: ['MissingAuthenticationTokenException', 400, 'Missing Authentication Token'],
    s3: ['AccessDenied', 403, 'Access Denied'],
  },
  malformed: {
    ec2: ['IncompleteSignature', 400],
    query: ['IncompleteSignature', 400],
    json: ['IncompleteSignatureException', 400],
    s3: ['AuthorizationHeaderMalformed', 400],
  },
  unsupported: {
    ec2: ['IncompleteSignature', 400],
    query: ['IncompleteSignature', 400],
    json: ['IncompleteSignatureException', 400],
    s3: ['InvalidRequest', 400],
  },
  'unknown-access-key': {
    ec2: EC2_AUTH,
    query: ['InvalidClientTokenId', 403, INVALID_TOKEN],
    json: ['UnrecognizedClientException', 400, INVALID_TOKEN],
    s3: ['InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.'],
  },
  'bad-session-token': {
    ec2: EC2_AUTH,
    query: ['InvalidClientTokenId', 403, INVALID_TOKEN],
    json: ['UnrecognizedClientException', 400, INVALID_TOKEN],
    s3: ['InvalidToken', 400, 'The provided token is malformed or otherwise invalid.'],
  },
  'expired-session': {
    ec2: EC2_EXPIRED,
    query: ['ExpiredToken', 403],
    json: ['ExpiredTokenException', 400],
    s3: ['ExpiredToken', 400, 'The provided token has expired.'],
  },
  'wrong-signature': {
    ec2: ['SignatureDoesNotMatch', 403],
    query: ['SignatureDoesNotMatch', 403],
    json: ['InvalidSignatureException', 400],
    s3: ['SignatureDoesNotMatch', 403],
  },
  'wrong-payload-hash': {
    ec2: ['SignatureDoesNotMatch', 403],
    query: ['SignatureDoesNotMatch', 403],
    json: ['InvalidSignatureException', 400],
    s3: ['XAmzContentSHA256Mismatch', 400],
  },
  'unsigned-headers': {
    ec2: ['SignatureDoesNotMatch', 403],
    query: ['SignatureDoesNotMatch', 403],
    json: ['InvalidSignatureException', 400],
    s3: ['AccessDenied', 403],
  },
  skewed: {
    ec2: EC2_EXPIRED,
    query: ['SignatureDoesNotMatch', 403],
    json: ['InvalidSignatureException', 400],
    s3: [
      'RequestTimeTooSkewed',
      403,
      'The difference between the request time and the current time is too large.',
    ],
  },
  expired: {
    ec2: EC2_EXPIRED,
    query: ['SignatureDoesNotMatch', 403],
    json: ['InvalidSignatureException', 400],
    s3: ['AccessDenied', 403],
  },
};

export function authenticationFailure(
  protocol: WireProtocol,
  signingName: string,
  error: AuthenticationError,
): ServiceError {
  const [code, status, message] = AUTHENTICATION[error.problem][familyOf(protocol, signingName)];
  const details = code === 'InvalidAccessKeyId' ? { AWSAccessKeyId: error.message } : {};
  // Lambda's REST front end answers 403 where the JSON services answer 400.
  const restStatus = protocol === 'restJson1' && error.problem !== 'malformed' ? 403 : status;
  return new ServiceError(code, message ?? error.message, restStatus, details);
}

/** @param signingName some awsQuery services have codes of their own */
export function decodeFailure(
  protocol: WireProtocol,
  signingName: string,
  schema: ServiceSchema,
  error: DecodeError,
): ServiceError {
  const { parameter } = error;
  if (signingName === 'route53') {
    const missing = error.problem === 'missing';
    return new ServiceError('InvalidInput', missing ? nullValue(parameter) : error.message, 400);
  }
  switch (familyOf(protocol, signingName)) {
    case 'ec2':
    case 'query':
      return queryFailure(signingName, error);
    case 's3':
      return s3Failure(error);
    case 'json':
      if (error.problem !== 'missing') {
        const place = parameter === '' ? '' : `${parameter}: `;
        return new ServiceError('SerializationException', place + error.message, 400);
      }
      if (schema.errors.has('MissingRequiredParameterException')) {
        const message = `The parameter ${parameter} is required.`;
        return new ServiceError('MissingRequiredParameterException', message, 400);
      }
      return new ServiceError('ValidationException', nullValue(parameter), 400);
  }
}

function queryFailure(
  signingName: string,
  { problem, parameter, value, message }: DecodeError,
): ServiceError {
  const ec2 = signingName === 'ec2';
  switch (problem) {
    case 'malformed':
      return new ServiceError(
        'MalformedQueryString',
        `The query string contains a syntax error: ${message}`,
        400,
      );
    case 'unknown':
      return ec2
        ? new ServiceError('UnknownParameter', `The parameter ${parameter} is not recognized`, 400)
        : new ServiceError(
            'InvalidQueryParameter',
            `The parameter ${parameter} is not recognized: ${message}`,
            400,
          );
    case 'missing':
      if (signingName === 'sts') return new ServiceError('ValidationError', nullValue(parameter), 400);
      if (signingName === 'sns') {
        return new ServiceError(
          'InvalidParameter',
          `Invalid parameter: ${parameter} Reason: no value for required parameter`,
          400,
        );
      }
      return new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}`, 400);
    case 'invalid':
      return new ServiceError(
        'InvalidParameterValue',
        `Value (${value ?? ''}) for parameter ${parameter} is invalid: ${message}`,
        400,
      );
  }
}

function s3Failure({ problem, parameter, value, message }: DecodeError): ServiceError {
  if (problem === 'invalid') {
    return new ServiceError('InvalidArgument', `${parameter}: ${message}`, 400, {
      ArgumentName: parameter,
      ArgumentValue: value ?? '',
    });
  }
  if (problem === 'malformed' && message.startsWith('the path')) {
    return new ServiceError('InvalidURI', "Couldn't parse the specified URI.", 400);
  }
  return new ServiceError(
    'MalformedXML',
    `The XML you provided was not well-formed or did not validate against our published schema (${message})`,
    400,
  );
}

function nullValue(parameter: string): string {
  const path = parameter.replace(
    /(^|\.)([A-Z])/g,
    (_, dot: string, letter: string) => dot + letter.toLowerCase(),
  );
  return `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`;
}
