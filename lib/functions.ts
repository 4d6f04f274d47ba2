import { Annotations, type Duration, RemovalPolicy, Stack, Duration as Time } from 'aws-cdk-lib';
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  Code,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { liveAlias } from './names.ts';
import { sendToDeadLetters, writeLogs } from './permissions/common.ts';
import { acknowledgeOpenResources } from './solution-checks.ts';

/** Of all inline policies of a role together, white space not counted ("IAM and AWS STS quotas"). */
const rolePolicyLimit = 10_240;

export interface SnapkeepFunctionProps {
  readonly functionName: string;
  readonly description: string;
  /** A folder with `index.mjs` and `config.json`, see `buildBundles`. */
  readonly bundle: string;
  readonly memoryMegabytes: number;
  /** Of one invocation. */
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** What its role may do beside writing its log and its dead letters. */
  readonly statements: readonly PolicyStatement[];
  /** Makes it a durable function whose executions take at most this long. */
  readonly durableTimeout?: Duration;
}

/** One Lambda function with all that belongs to it: its role, its log, its dead-letter queue, the alias `live`. */
export class SnapkeepFunction extends Construct {
  readonly role: Role;
  readonly deadLetters: Queue;
  readonly alias: Alias;

  constructor(scope: Construct, id: string, props: SnapkeepFunctionProps) {
    super(scope, id);
    const { functionName, statements } = props;

    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: RetentionDays.THREE_MONTHS,
      // It has a fixed name, so one that stayed behind would block a second deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Time.days(14),
    });
    const policy = new PolicyDocument({
      statements: [
        writeLogs(logGroup.logGroupArn),
        sendToDeadLetters(this.deadLetters.queueArn),
        ...statements,
      ],
    });
    this.role = new Role(this, 'Role', {
      description: `What ${functionName} of Snapkeep may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Snapkeep: policy },
    });
    this.node.addValidation({ validate: () => this.#policyProblems(functionName, policy) });
    const unexplained = acknowledgeOpenResources(this.role, statements);
    this.node.addValidation({ validate: () => unexplained });

    const lambda = new LambdaFunction(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle),
      handler: 'index.handler',
      memorySize: props.memoryMegabytes,
      timeout: props.timeout,
      environment: { ...props.environment },
      // Constructs must not add to what lib/permissions says.
      role: this.role.withoutPolicyUpdates(),
      logGroup,
      deadLetterQueue: this.deadLetters,
      // Executions under way stay with the version that they began on.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(props.durableTimeout === undefined
        ? {}
        : { durableConfig: { executionTimeout: props.durableTimeout, retentionPeriod: Time.days(14) } }),
    });
    // The workers are durable from their first deployment on; nothing is ever replaced for that.
    Annotations.of(lambda).acknowledgeInfo('aws-lambda:Function.DurableConfig');
    // Sound: CDK's class is its interface; they differ in `| undefined` of optional members, which our compiler minds.
    const version = lambda.currentVersion as IVersion;
    this.alias = new Alias(this, 'Live', { aliasName: liveAlias, version });
  }

  #policyProblems(functionName: string, policy: PolicyDocument): string[] {
    const size = JSON.stringify(plainText(Stack.of(this).resolve(policy))).length;
    if (size <= rolePolicyLimit) return [];
    return [
      `the permissions of ${functionName} take ${size} characters where a role has ${rolePolicyLimit}: select sources by tags instead of by identifiers, let plans share tags, subnets and security groups, or divide the plans over two deployments`,
    ];
  }
}

/** References to what is known at deployment alone stand for text of about this length: the ARN of a queue or topic. */
const unknownText = 'x'.repeat(90);

/** A policy as IAM will count it: what CloudFormation puts together is one text. */
function plainText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainText);
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return value.Ref === 'AWS::AccountId' ? '123456789012' : unknownText;
  if ('Fn::GetAtt' in value) return unknownText;
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: unknown[] = value['Fn::Join'];
    return Array.isArray(parts) ? parts.map(plainText).join(String(separator)) : unknownText;
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plainText(each)]));
}
