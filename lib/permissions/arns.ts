import { Arn, ArnFormat, type Stack } from 'aws-cdk-lib';

/** A resource of EC2 that belongs to an account, such as `instance/*`. */
export const ec2Arn = (stack: Stack, resource: string, resourceName = '*'): string =>
  Arn.format({ service: 'ec2', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME }, stack);

const copyArn = (stack: Stack, resource: 'image' | 'snapshot', resourceName: string): string =>
  Arn.format(
    { service: 'ec2', account: '', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
    stack,
  );

/** Images and snapshots that a call makes: EC2 asks for them as `image/*`, which no `?` stands for. */
export const newCopyArn = (stack: Stack, resource: 'image' | 'snapshot'): string =>
  copyArn(stack, resource, '*');

/**
 * Images and snapshots that we made; their owner is not part of the ARN. Their IDs have 17 digits, as those of all
 * resources have that are younger than 2018 ("Longer format EC2 and EBS resource IDs").
 */
export const ec2CopyArn = (stack: Stack, resource: 'image' | 'snapshot'): string =>
  copyArn(stack, resource, `${resource === 'image' ? 'ami' : 'snap'}-${'?'.repeat(17)}`);

export const rdsArn = (stack: Stack, resource: string, resourceName = '*'): string =>
  Arn.format({ service: 'rds', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME }, stack);
