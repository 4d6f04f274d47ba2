import { s3Error } from './errors.ts';

const malformed = (message: string): Error => s3Error('MalformedPolicy', 400, message);

type JsonObject = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/**
 * The form of a bucket policy, as PutBucketPolicy checks it: JSON, statements with effect, principal, actions of
 * S3 and resources of this bucket. What the statements allow is judged elsewhere.
 */
export function checkPolicy(text: string, bucket: string): void {
  if (Buffer.byteLength(text) > 20 * 1024)
    throw malformed('Policy exceeds the maximum allowed document size.');
  const policy = parse(text);
  const statements = policy.Statement;
  if (statements === undefined) throw malformed('Missing required field Statement');
  if (policy.Version !== undefined && !['2012-10-17', '2008-10-17'].includes(String(policy.Version))) {
    throw malformed('The policy must contain a valid version string');
  }
  for (const statement of asList(statements)) {
    if (!isObject(statement)) throw malformed('Policy has invalid statement');
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
      throw malformed('Missing required field Effect');
    }
    const principal = statement.Principal ?? statement.NotPrincipal;
    if (principal === undefined) throw malformed('Missing required field Principal');
    const actions = statement.Action ?? statement.NotAction;
    if (actions === undefined) throw malformed('Missing required field Action');
    for (const action of asList(actions)) {
      if (typeof action !== 'string' || !/^(\*|s3:.+)$/i.test(action)) {
        throw malformed('Policy has invalid action');
      }
    }
    const resources = statement.Resource ?? statement.NotResource;
    if (resources === undefined) throw malformed('Missing required field Resource');
    for (const resource of asList(resources)) {
      if (typeof resource !== 'string' || !isOfBucket(resource, bucket)) {
        throw malformed('Policy has invalid resource');
      }
    }
  }
}

function parse(text: string): JsonObject {
  const complaint = "Policies must be valid JSON and the first byte must be '{'";
  if (!text.startsWith('{')) throw malformed(complaint);
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The same sentence as for anything else that is not an object.
  }
  throw malformed(complaint);
}

function isOfBucket(resource: string, bucket: string): boolean {
  const arn = `arn:aws:s3:::${bucket}`;
  return resource === arn || resource.startsWith(`${arn}/`) || resource === `${arn}*`;
}
