/** What a request says of its own Signature Version 4, in a header or in its query; nothing is verified here. */
import { collectHeaders, type SignedRequest } from './canonical-request.ts';

export interface Credential {
  readonly accessKeyId: string;
  /** `20261120` */
  readonly date: string;
  readonly region: string;
  /** Name in the credential scope: it says which service the request is for. */
  readonly service: string;
}

export interface Authorization {
  readonly credential: Credential;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261120T020000Z`; empty when the request has none. */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Seconds that a presigned request lives, undefined for signed headers. */
  readonly expiresSeconds: number | undefined;
}

/** Why a request is refused. Each protocol has its own code for each. */
export type AuthenticationProblem =
  | 'missing'
  | 'malformed'
  /** Signed in a way that the service does not take, or without a header that it needs. */
  | 'unsupported'
  | 'unknown-access-key'
  | 'bad-session-token'
  | 'expired-session'
  | 'wrong-signature'
  | 'wrong-payload-hash'
  | 'unsigned-headers'
  | 'skewed'
  | 'expired';

export class AuthenticationError extends Error {
  readonly problem: AuthenticationProblem;

  constructor(problem: AuthenticationProblem, message: string) {
    super(message);
    this.name = 'AuthenticationError';
    this.problem = problem;
  }
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Reads what the request says of itself; nothing is verified yet. Undefined when it is not signed at all. */
export function readAuthorization(request: SignedRequest): Authorization | undefined {
  const headers = collectHeaders(request.rawHeaders);
  const header = headers.get('authorization');
  const query = new URLSearchParams(request.query);
  if (header?.startsWith('AWS ') || (query.has('AWSAccessKeyId') && query.has('Signature'))) {
    throw new AuthenticationError(
      'unsupported',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  }
  if (header !== undefined) {
    const parts = new Map(
      header
        .slice(ALGORITHM.length)
        .split(',')
        .map((part) => {
          const equals = part.indexOf('=');
          return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
        }),
    );
    return build(header.startsWith(`${ALGORITHM} `), (name) => parts.get(name), {
      timestamp: headers.get('x-amz-date') ?? basicFormat(headers.get('date')),
      sessionToken: headers.get('x-amz-security-token'),
      expiresSeconds: undefined,
    });
  }
  if (!query.has('X-Amz-Signature') && !query.has('X-Amz-Credential')) return undefined;
  return build(
    query.get('X-Amz-Algorithm') === ALGORITHM,
    (name) => query.get(`X-Amz-${name}`) ?? undefined,
    {
      timestamp: query.get('X-Amz-Date') ?? '',
      sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
      expiresSeconds: Number(query.get('X-Amz-Expires') ?? Number.NaN),
    },
  );
}

function build(
  algorithmKnown: boolean,
  part: (name: string) => string | undefined,
  rest: Pick<Authorization, 'timestamp' | 'sessionToken' | 'expiresSeconds'>,
): Authorization {
  const scope = (part('Credential') ?? '').split('/');
  // An access key may itself contain slashes (that of a web identity does), the scope never has more than four parts.
  const [date, region, service, terminator] = scope.slice(-4);
  const accessKeyId = scope.slice(0, -4).join('/');
  const signedHeaders = part('SignedHeaders');
  const signature = part('Signature');
  if (!algorithmKnown || !date || !region || !service || terminator !== 'aws4_request' || !accessKeyId) {
    throw new AuthenticationError(
      'malformed',
      'The authorization header or query is not a complete Signature Version 4.',
    );
  }
  if (!signedHeaders || !signature) {
    throw new AuthenticationError('malformed', 'The authorization needs SignedHeaders and Signature.');
  }
  return {
    credential: { accessKeyId, date, region, service },
    signedHeaders: signedHeaders.split(';'),
    signature,
    ...rest,
  };
}

/** `20261120T020000Z`, from an ISO or HTTP date; empty when it is neither. */
export function basicFormat(date: string | undefined): string {
  const parsed = date === undefined ? new Date(Number.NaN) : new Date(date);
  return Number.isNaN(parsed.getTime()) ? '' : parsed.toISOString().replaceAll(/[-:]|\.\d+/g, '');
}

export function parseBasicFormat(timestamp: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}
