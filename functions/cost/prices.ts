/**
 * Prices in US dollars of November 2026, before taxes, without free tiers and discounts. From the pricing pages of
 * AWS Lambda, Amazon EventBridge, Amazon CloudWatch, Amazon S3, Amazon EBS, Amazon RDS and Amazon Aurora, for US East
 * (N. Virginia).
 */
export interface Prices {
  /** The Region whose prices these are, as far as they differ between Regions. */
  readonly region: string;
  readonly alarmMonth: number;
  readonly dashboardMonth: number;
  /** Custom metrics are charged by the hours in which they are sent; this is a whole month of them. */
  readonly metricMonth: number;
  readonly logGb: number;
  readonly logGbMonth: number;
  readonly lambdaMillionRequests: number;
  /** On Arm. */
  readonly lambdaGbSecond: number;
  readonly durableMillionOperations: number;
  readonly durableGbWritten: number;
  readonly durableGbMonth: number;
  readonly schedulerMillionInvocations: number;
  readonly eventsMillion: number;
  readonly s3ThousandPuts: number;
  readonly s3ThousandGets: number;
  readonly s3GbMonth: number;
  /** Standard tier. */
  readonly ebsSnapshotGibMonth: number;
  readonly rdsBackupGibMonth: number;
  readonly auroraBackupGibMonth: number;
}

/** When the prices were looked up. */
export const pricesAsOf = '2026-11';

const usEast1: Prices = {
  region: 'us-east-1',
  alarmMonth: 0.1,
  dashboardMonth: 3,
  metricMonth: 0.3,
  logGb: 0.5,
  logGbMonth: 0.03,
  lambdaMillionRequests: 0.2,
  lambdaGbSecond: 0.0000133334,
  durableMillionOperations: 8,
  durableGbWritten: 0.25,
  durableGbMonth: 0.15,
  schedulerMillionInvocations: 1,
  eventsMillion: 1,
  s3ThousandPuts: 0.005,
  s3ThousandGets: 0.0004,
  s3GbMonth: 0.023,
  ebsSnapshotGibMonth: 0.05,
  rdsBackupGibMonth: 0.095,
  auroraBackupGibMonth: 0.021,
};

/** What is priced alike up to a cent per month, at the size of a deployment, and where snapshots cost the same. */
const alike: readonly string[] = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1'];

/** Those of the Region where they are known, else of us-east-1, which `region` then says. */
export const pricesOf = (region: string): Prices => {
  if (alike.includes(region)) return { ...usEast1, region };
  if (region === 'eu-west-2') return { ...usEast1, region, ebsSnapshotGibMonth: 0.053 };
  return usEast1;
};
