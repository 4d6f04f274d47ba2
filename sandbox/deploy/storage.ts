/** The buckets, topics, queues, documents and alarms of a template. */
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  type PutMetricAlarmInput,
} from '@aws-sdk/client-cloudwatch';
import { PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { SetTopicAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { TemplateResource } from '../iam/template-values.ts';
import type { StackUnderWay } from './target.ts';

type Make = (under: StackUnderWay, resource: TemplateResource) => void | Promise<void>;

/** The services are asked over the wire, as CloudFormation asks them: so they check what the template says. */
const connection = ({ target, place }: StackUnderWay) => ({
  endpoint: target.url,
  region: place.region,
  credentials: target.identity,
  maxAttempts: 1,
});

const ref = ({ logicalId }: TemplateResource) => ({ Ref: logicalId });
const arn = ({ logicalId }: TemplateResource) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const bucket: Make = ({ values, target, place, note }, resource) => {
  const name = values.text(ref(resource));
  if (target.s3.bucket(name)) {
    note(`The bucket ${name} is there already and stays as it is, with the stack's policy.`);
    return;
  }
  const lock = values.object(values.resolve(resource.properties.ObjectLockConfiguration));
  const { Days, Years, Mode } = values.object(values.object(lock.Rule).DefaultRetention);
  const count = Number(Days ?? Years ?? 0);
  const { Status } = values.object(values.resolve(resource.properties.VersioningConfiguration));
  target.s3.seedBucket({
    ...{ name, ...place },
    versioned: Status === 'Enabled',
    objectLock: resource.properties.ObjectLockEnabled === true,
    ...(count === 0
      ? {}
      : {
          defaultRetention: {
            mode: Mode === 'COMPLIANCE' ? 'COMPLIANCE' : 'GOVERNANCE',
            unit: Days === undefined ? 'years' : 'days',
            count,
          },
        }),
  });
};

const bucketPolicy: Make = async (under, { properties }) => {
  const { values } = under;
  const Bucket = values.text(properties.Bucket);
  const Policy = JSON.stringify(values.resolve(properties.PolicyDocument));
  const client = new S3Client({ ...connection(under), forcePathStyle: true });
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  client.destroy();
};

const topic: Make = ({ values, target, place }, resource) => {
  target.sns.seedTopic(place, values.text(ref(resource)).split(':').at(-1) ?? '');
};

const topicPolicy: Make = async (under, { properties }) => {
  const { values } = under;
  const topics = values.resolve(properties.Topics);
  const AttributeValue = JSON.stringify(values.resolve(properties.PolicyDocument));
  const client = new SNSClient(connection(under));
  for (const TopicArn of Array.isArray(topics) ? topics.map(String) : [])
    await client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue }));
  client.destroy();
};

const subscription: Make = async (under, { properties }) => {
  const { values } = under;
  const client = new SNSClient(connection(under));
  await client.send(
    new SubscribeCommand({
      TopicArn: values.text(properties.TopicArn),
      Protocol: values.text(properties.Protocol),
      Endpoint: values.text(properties.Endpoint),
    }),
  );
  client.destroy();
};

const queue: Make = ({ values, target }, resource) => target.queues.create(values.text(arn(resource)));

const document: Make = async (under, resource) => {
  const { values } = under;
  const content = values.resolve(resource.properties.Content);
  // Laid out with single blanks: whoever vouches for a script does so by the digest of one layout.
  const Content = typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 1)}\n`;
  const Name = values.text(ref(resource));
  const client = new SSMClient(connection(under));
  await client.send(
    new CreateDocumentCommand({ Name, Content, DocumentType: 'Command', DocumentFormat: 'JSON' }),
  );
  client.destroy();
};

const alarm: Make = async (under, { properties }) => {
  const client = new CloudWatchClient(connection(under));
  // Sound: the properties of the resource are the parameters of the call, and the service checks them.
  const input = under.values.resolve(properties) as PutMetricAlarmInput;
  await client.send(new PutMetricAlarmCommand(input));
  client.destroy();
};

/** Types that are made by themselves, in this order: a policy after what it is about. */
export const storage: Readonly<Record<string, Make>> = {
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': bucketPolicy,
  'AWS::SNS::Topic': topic,
  'AWS::SNS::TopicPolicy': topicPolicy,
  'AWS::SNS::Subscription': subscription,
  'AWS::SQS::Queue': queue,
  'AWS::SSM::Document': document,
  'AWS::CloudWatch::Alarm': alarm,
};
