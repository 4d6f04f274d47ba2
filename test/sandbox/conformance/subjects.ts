import * as autoscaling from '@aws-sdk/client-auto-scaling';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as ec2 from '@aws-sdk/client-ec2';
import * as eventbridge from '@aws-sdk/client-eventbridge';
import * as lambda from '@aws-sdk/client-lambda';
import * as rds from '@aws-sdk/client-rds';
import * as route53 from '@aws-sdk/client-route-53';
import * as s3 from '@aws-sdk/client-s3';
import * as sns from '@aws-sdk/client-sns';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';
import type { Subject } from './harness.ts';

export const EC2: Subject = {
  signingName: 'ec2',
  protocol: 'ec2Query',
  clientPackage: ec2,
  client: 'EC2Client',
  xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
  // CopySnapshot: the client presigns the same call for the source Region.
  clientAdds: ['DestinationRegion', 'PresignedUrl'],
};

export const RDS: Subject = {
  signingName: 'rds',
  protocol: 'awsQuery',
  clientPackage: rds,
  client: 'RDSClient',
  xmlNamespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
};

export const SSM: Subject = {
  signingName: 'ssm',
  protocol: 'awsJson1_1',
  clientPackage: ssm,
  client: 'SSMClient',
};

export const STS: Subject = {
  signingName: 'sts',
  protocol: 'awsQuery',
  clientPackage: sts,
  client: 'STSClient',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  exceptions: {
    AssumeRoleWithSAML: 'is not signed, and the sandbox takes signed requests only',
    AssumeRoleWithWebIdentity: 'is not signed, and the sandbox takes signed requests only',
  },
};

export const SNS: Subject = {
  signingName: 'sns',
  protocol: 'awsQuery',
  clientPackage: sns,
  client: 'SNSClient',
  xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
};

export const EVENTBRIDGE: Subject = {
  signingName: 'events',
  protocol: 'awsJson1_1',
  clientPackage: eventbridge,
  client: 'EventBridgeClient',
  // It is part of the host, so the client takes nothing that cannot be.
  adjustInput: (_operation, input) => {
    delete input.EndpointId;
  },
};

export const AUTOSCALING: Subject = {
  signingName: 'autoscaling',
  protocol: 'awsQuery',
  clientPackage: autoscaling,
  client: 'AutoScalingClient',
  xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
};

export const CLOUDFORMATION: Subject = {
  signingName: 'cloudformation',
  protocol: 'awsQuery',
  clientPackage: cloudformation,
  client: 'CloudFormationClient',
  xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
};

export const CLOUDWATCH: Subject = {
  signingName: 'monitoring',
  protocol: 'awsJson1_0',
  clientPackage: cloudwatch,
  client: 'CloudWatchClient',
};

export const LAMBDA: Subject = {
  signingName: 'lambda',
  protocol: 'restJson1',
  clientPackage: lambda,
  client: 'LambdaClient',
  exceptions: {
    InvokeWithResponseStream: 'answers with an event stream, which the sandbox does not speak',
  },
};

/** Members that the S3 client computes, checks or rewrites before it sends them. */
const S3_TOUCHES =
  /^(Checksum.*|ContentMD5|ContentLength|ContentEncoding|SSECustomerKey.*|CopySourceSSECustomerKey.*|MpuObjectSize|Expect.*)$/;

export const S3: Subject = {
  signingName: 's3',
  protocol: 'restXml',
  clientPackage: s3,
  client: 'S3Client',
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  adjustInput: ({ input: shape }, input) => {
    for (const name of Object.keys(input)) {
      const required = shape?.memberByName.get(name)?.required;
      if (S3_TOUCHES.test(name) && !required) delete input[name];
    }
    // The client refuses names that no bucket can have.
    if ('Bucket' in input) input.Bucket = 'bucket-of-tests';
    // The client fills the Region in where none is given.
    if ('CreateBucketConfiguration' in input)
      input.CreateBucketConfiguration = { LocationConstraint: 'eu-west-2' };
  },
  // It reads the header Expires a second time, as text.
  clientDerives: ['ExpiresString'],
  exceptions: {
    ListDirectoryBuckets: 'is signed for the service s3express, which the sandbox does not have',
    SelectObjectContent: 'answers with an event stream, which the sandbox does not speak',
    WriteGetObjectResponse: 'is signed for the service s3-object-lambda, which the sandbox does not have',
  },
  clientAdds: [
    'ChecksumAlgorithm',
    'ChecksumCRC32',
    'ContentType',
    'ContentLength',
    'ContentMD5',
    'CreateBucketConfiguration',
  ],
};

export const ROUTE53: Subject = {
  signingName: 'route53',
  protocol: 'restXml',
  clientPackage: route53,
  client: 'Route53Client',
  xmlNamespace: 'https://route53.amazonaws.com/doc/2013-04-01/',
};
