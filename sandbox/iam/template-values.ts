/** The values in a CloudFormation template, as they would be after a deployment. */
import { createHash } from 'node:crypto';
import { arnOf, partitionOf } from './requests/demand.ts';

/** A template that cannot be read here. */
export class TemplateError extends Error {}

export interface TemplatePlace {
  readonly account: string;
  readonly region: string;
  /** Begins the names of what the template leaves unnamed. */
  readonly stackName: string;
}

type Properties = Readonly<Record<string, unknown>>;

export interface TemplateResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
}

const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The property that names a resource, and the part of its ARN that this name makes. */
const naming: Readonly<
  Record<string, readonly [property: string, service: string, arn: (name: string) => string]>
> = {
  'AWS::IAM::Role': ['RoleName', 'iam', (name) => `role/${name}`],
  'AWS::Lambda::Function': ['FunctionName', 'lambda', (name) => `function:${name}`],
  'AWS::Logs::LogGroup': ['LogGroupName', 'logs', (name) => `log-group:${name}:*`],
  'AWS::S3::Bucket': ['BucketName', 's3', (name) => name],
  'AWS::SNS::Topic': ['TopicName', 'sns', (name) => name],
  'AWS::SQS::Queue': ['QueueName', 'sqs', (name) => name],
  'AWS::SSM::Document': ['Name', 'ssm', (name) => `document/${name}`],
  'AWS::Scheduler::ScheduleGroup': ['Name', 'scheduler', (name) => `schedule-group/${name}`],
  'AWS::CloudWatch::Alarm': ['AlarmName', 'cloudwatch', (name) => `alarm:${name}`],
};

/** Services whose ARNs leave out the Region, or account and Region. */
const global: Readonly<Record<string, 'region' | 'both'>> = { iam: 'region', s3: 'both' };

/** What `Ref` of a resource is when it is not its name. */
const refersByArn = new Set(['AWS::SNS::Topic']);

export class TemplateValues {
  readonly #resources = new Map<string, TemplateResource>();
  readonly #place: TemplatePlace;

  constructor(template: unknown, place: TemplatePlace) {
    this.#place = place;
    for (const [logicalId, value] of Object.entries(this.object(this.object(template).Resources))) {
      const { Type: type, Properties: properties } = this.object(value);
      this.#resources.set(logicalId, { logicalId, type: String(type), properties: this.object(properties) });
    }
  }

  /** Every resource, in the order of the template. */
  all(): readonly TemplateResource[] {
    return [...this.#resources.values()];
  }

  ofType(type: string): readonly TemplateResource[] {
    return [...this.#resources.values()].filter((each) => each.type === type);
  }

  /** Nothing counts as an empty object. */
  object(value: unknown): Properties {
    if (value === undefined) return {};
    if (isObject(value)) return value;
    throw new TemplateError(`${JSON.stringify(value)} is not an object`);
  }

  text(value: unknown): string {
    const found = this.resolve(value);
    if (typeof found === 'string') return found;
    throw new TemplateError(`${JSON.stringify(value)} is not text`);
  }

  /** A value with every intrinsic function in it replaced. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each));
    if (!isObject(value)) return value;
    const [[name, argument] = [], ...more] = Object.entries(value);
    if (more.length === 0 && (name === 'Ref' || name?.startsWith('Fn::'))) return this.#call(name, argument);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.resolve(each)]));
  }

  #call(name: string, argument: unknown): unknown {
    if (name === 'Ref') return this.#reference(String(argument));
    const list: readonly unknown[] = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Fn::Join': {
        const parts = this.resolve(list[1]);
        if (!Array.isArray(parts)) throw new TemplateError('Fn::Join joins a list');
        return parts.map(String).join(String(list[0]));
      }
      case 'Fn::Select': {
        const items = this.resolve(list[1]);
        return Array.isArray(items) ? items[Number(list[0])] : undefined;
      }
      case 'Fn::Split':
        return this.text(list[1]).split(String(list[0]));
      case 'Fn::Sub':
        return String(argument).replaceAll(/\$\{([^!}][^}]*)\}/g, (_, reference: string) => {
          const [id = '', attribute] = reference.split('.');
          return attribute === undefined ? this.#reference(id) : this.#attribute(id, attribute);
        });
      case 'Fn::GetAtt':
        return this.#attribute(String(list[0]), String(list[1]));
      default:
        throw new TemplateError(`${name} has no value here`);
    }
  }

  #reference(id: string): string {
    const { account, region, stackName } = this.#place;
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': partitionOf(region),
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    const found = pseudo[id];
    if (found !== undefined) return found;
    const resource = this.#resource(id);
    if (resource.type === 'AWS::Lambda::Alias') return this.#qualified(resource, resource.properties.Name);
    if (resource.type === 'AWS::Lambda::Version') return this.#qualified(resource, '1');
    return refersByArn.has(resource.type) ? this.#arn(resource) : this.#name(resource);
  }

  #attribute(id: string, attribute: string): string {
    const resource = this.#resource(id);
    if (attribute === 'Arn') return this.#arn(resource);
    // Everything is in its first version right after a deployment.
    if (attribute === 'Version') return '1';
    if (attribute.endsWith('Name')) return this.#name(resource);
    throw new TemplateError(`${id} has no attribute ${attribute} here`);
  }

  #resource(id: string): TemplateResource {
    const found = this.#resources.get(id);
    if (!found) throw new TemplateError(`${id} is not in the template`);
    return found;
  }

  /** `<ARN of the function>:<version or alias>` */
  #qualified({ properties }: TemplateResource, qualifier: unknown): string {
    const name = this.text(properties.FunctionName);
    const { account, region } = this.#place;
    const resource = `function:${name}:${String(qualifier)}`;
    return arnOf({ service: 'lambda', region, account, resource });
  }

  #name({ logicalId, type, properties }: TemplateResource): string {
    const given = properties[naming[type]?.[0] ?? 'Name'];
    if (given !== undefined) return this.text(given);
    const { account, region, stackName } = this.#place;
    const made = `${stackName}-${logicalId}`;
    if (!((naming[type]?.[1] ?? '') in global)) return made;
    // A stack of the same name in another Region must not have the same role or bucket.
    const digest = createHash('sha256').update(`${account} ${region} ${made}`).digest('hex').slice(0, 12);
    const unique = `${made.slice(0, 50)}-${digest}`;
    // Names of buckets know no capital letters.
    return type === 'AWS::S3::Bucket' ? unique.toLowerCase() : unique;
  }

  #arn(resource: TemplateResource): string {
    const known = naming[resource.type];
    if (!known) throw new TemplateError(`the ARN of a ${resource.type} is not known here`);
    const [, service, path] = known;
    const { account, region } = this.#place;
    const without = global[service];
    return arnOf(
      {
        service,
        region: without ? '' : region,
        account: without === 'both' ? '' : account,
        resource: path(this.#name(resource)),
      },
      region,
    );
  }
}
