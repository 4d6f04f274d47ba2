/** What a security review of the stack reads, out of its template and in words that a diff shows well. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
type JsonObject = { readonly [key: string]: Json | undefined };

interface Resource {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Properties that decide who may do what, or what is protected how; of other types the number is enough. */
const relevant: Readonly<Record<string, readonly string[]>> = {
  'AWS::IAM::Role': ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'PermissionsBoundary', 'Policies'],
  'AWS::KMS::Key': ['EnableKeyRotation', 'KeyPolicy'],
  'AWS::Lambda::Alias': ['FunctionName', 'FunctionVersion', 'Name'],
  'AWS::Lambda::EventInvokeConfig': ['DestinationConfig', 'FunctionName', 'Qualifier'],
  'AWS::Lambda::Function': ['DeadLetterConfig', 'FunctionName', 'KmsKeyArn', 'Layers', 'Role', 'Runtime'],
  'AWS::Lambda::Permission': ['Action', 'FunctionName', 'Principal', 'SourceAccount', 'SourceArn'],
  'AWS::Lambda::Url': ['AuthType', 'TargetFunctionArn'],
  'AWS::Lambda::Version': ['FunctionName'],
  'AWS::Logs::LogGroup': ['KmsKeyId', 'RetentionInDays'],
  'AWS::S3::Bucket': [
    'AccessControl',
    'BucketEncryption',
    'LifecycleConfiguration',
    'LoggingConfiguration',
    'ObjectLockConfiguration',
    'ObjectLockEnabled',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'ReplicationConfiguration',
    'VersioningConfiguration',
  ],
  'AWS::S3::BucketPolicy': ['Bucket', 'PolicyDocument'],
  'AWS::SNS::Subscription': ['Endpoint', 'Protocol'],
  'AWS::SNS::Topic': ['KmsMasterKeyId'],
  'AWS::SNS::TopicPolicy': ['PolicyDocument', 'Topics'],
  'AWS::SQS::Queue': ['KmsMasterKeyId', 'RedrivePolicy', 'SqsManagedSseEnabled'],
  'AWS::SQS::QueuePolicy': ['PolicyDocument', 'Queues'],
  'AWS::SSM::Document': ['DocumentType', 'Name', 'TargetType'],
  'AWS::Scheduler::Schedule': ['GroupName', 'KmsKeyArn', 'State', 'Target'],
  'AWS::Scheduler::ScheduleGroup': ['Name'],
};

/** By type and logical ID, sorted, with references as text; hashes of contents are left out. */
export function securityParts(template: unknown): JsonObject {
  const resources = Object.entries(resourcesOf(template)).sort(([one], [other]) => (one < other ? -1 : 1));
  const types = [...new Set(resources.map(([, { Type }]) => Type))].sort();
  return Object.fromEntries(
    types.map((type) => {
      const all = resources.filter(([, { Type }]) => Type === type);
      const keys = relevant[type];
      if (keys === undefined) return [type, all.length];
      return [type, Object.fromEntries(all.map(([id, each]) => [withoutHash(id), partOf(each, keys)]))];
    }),
  );
}

function resourcesOf(template: unknown): Readonly<Record<string, Resource>> {
  if (typeof template === 'object' && template !== null && 'Resources' in template) {
    // Sound: it is what the CDK synthesized.
    return template.Resources as Readonly<Record<string, Resource>>;
  }
  throw new TypeError('a template has resources');
}

function partOf(
  { Properties = {}, DeletionPolicy, UpdateReplacePolicy }: Resource,
  keys: readonly string[],
): JsonObject {
  const picked = keys.filter((key) => Properties[key] !== undefined);
  return {
    ...Object.fromEntries(picked.map((key) => [key, readable(Properties[key])])),
    ...(DeletionPolicy === undefined ? {} : { whenDeleted: DeletionPolicy }),
    ...(UpdateReplacePolicy === undefined ? {} : { whenReplaced: UpdateReplacePolicy }),
  };
}

/** Statements one line per part, references as `{Vault.Arn}`. */
function readable(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value ?? null;
  // Sound: arrays were handled above, which Array.isArray does not tell of readonly ones.
  const object = value as JsonObject;
  const text = reference(object);
  if (text !== undefined) return text;
  if (object.PolicyDocument !== undefined && object.PolicyName !== undefined)
    return readable(object.PolicyDocument);
  if (Array.isArray(object.Statement)) return object.Statement.map(readable);
  return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, readable(each)]));
}

function reference(object: JsonObject): string | undefined {
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = object;
  if (typeof Ref === 'string') return `{${withoutHash(Ref)}}`;
  if (Array.isArray(attribute)) return `{${attribute.map((each) => withoutHash(String(each))).join('.')}}`;
  if (!Array.isArray(join)) return undefined;
  const [separator, parts]: readonly Json[] = join;
  return Array.isArray(parts)
    ? parts.map((each) => String(readable(each))).join(String(separator))
    : undefined;
}

/** Logical IDs of versions end in a hash of the code; those of all resources in one of their path. */
const withoutHash = (id: string): string =>
  id.replace(/CurrentVersion[0-9A-F]{8}[0-9a-f]{32}$/, 'CurrentVersion').replace(/[0-9A-F]{8}$/, '');
