import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';

/** A resource of EC2 that belongs to an account, such as `instance/*`. */
export const ec2Arn = (stack: Stack, resource: string, resourceName = '*'): string =>
  Arn.format({ service: 'ec2', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME }, stack);

/** Images and snapshots: their owner is not part of the ARN. */
export const ec2CopyArn = (stack: Stack, resource: 'image' | 'snapshot'): string =>
  Arn.format(
    {
      service: 'ec2',
      account: '',
      resource,
      resourceName: '*',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    },
    stack,
  );

export const rdsArn = (stack: Stack, resource: string, resourceName = '*'): string =>
  Arn.format({ service: 'rds', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME }, stack);
