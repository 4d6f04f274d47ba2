import type { BucketSize, BucketSizes } from '../shared/pacing.ts';

const mutating: BucketSize = { size: 50, refillPerSecond: 5 };
const describing: BucketSize = { size: 100, refillPerSecond: 20 };
const image: BucketSize = { size: 100, refillPerSecond: 5 };

/**
 * Request token buckets of the EC2 API per account, Region and action ("Request throttling for the Amazon EC2 API",
 * token bucket sizes and refill rates). An action that is not listed has the default of its category.
 */
const ec2: Readonly<Record<string, BucketSize>> = {
  CreateSnapshot: image,
  CreateSnapshots: image,
  CreateVolume: image,
  DeleteSnapshot: image,
  DeregisterImage: image,
  ModifyImageAttribute: image,
  ModifySnapshotAttribute: image,
  CopyImage: { size: 100, refillPerSecond: 1 },
  CreateTags: { size: 100, refillPerSecond: 10 },
  DeleteTags: { size: 100, refillPerSecond: 10 },
  RunInstances: { size: 5, refillPerSecond: 2 },
  StartInstances: { size: 5, refillPerSecond: 2 },
  TerminateInstances: { size: 100, refillPerSecond: 5 },
};

/** RDS, SSM and Auto Scaling publish no figures: start low, throttle answers lower it further. */
const unpublished: BucketSize = { size: 20, refillPerSecond: 5 };

export const documentedRates: BucketSizes = (service, action) => {
  switch (service) {
    case 'ec2':
      return ec2[action] ?? (action.startsWith('Describe') ? describing : mutating);
    case 'rds':
    case 'ssm':
    case 'autoscaling':
      return unpublished;
    // "Five requests per second per AWS account" (Quotas, Amazon Route 53).
    case 'route53':
      return { size: 5, refillPerSecond: 5 };
    default:
      return undefined;
  }
};

export const unpaced: BucketSizes = () => undefined;
