import * as z from 'zod';
import { retentionPolicySchema } from '../retention/policy.ts';
import { expecting } from '../shared/expectation.ts';
import { deploymentNameLimit, namePattern, planNameLimit } from '../shared/names.ts';
import * as texts from './texts.ts';

/** What applies when the file does not say otherwise. */
export const configDefaults = {
  lockDays: 14,
  lockMode: 'governance',
  timezone: 'UTC',
  timeout: '12h',
  consistency: 'preferred',
} as const;

/**
 * EBS takes up to 36,500 days. A permission can bound the days and not the mode, so a role that may lock for long in
 * governance mode may do so in compliance mode as well, which nobody can undo.
 */
const snapshotLockDaysLimit = 365;

/** A section: unknown keys are refused, and a value that is no mapping is answered with an example. */
const section = <S extends z.ZodRawShape>(shape: S, example: string) =>
  z.strictObject(shape, { error: expecting(example) });

const list = <T extends z.ZodType>(item: T, expected: string, remedy?: string) => {
  const error = expecting(expected, remedy);
  return z.array(item, { error }).min(1, { error });
};

const wholeNumber = (minimum: number, maximum: number, unit: string) => {
  const error = expecting(`a whole number of ${unit} from ${minimum} to ${maximum}`);
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
};

const flag = () => z.boolean({ error: expecting('true or false') });
const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: expecting(values.join(' or ')) });

/** Judged beside the other problems of a section, so that one reading of the report is enough. */
const evenIfInvalid = (payload: { readonly value: unknown }): boolean =>
  typeof payload.value === 'object' && payload.value !== null;

const has = (value: object, key: string): boolean => Object.hasOwn(value, key);

// Tag limits: "Tag your Amazon EC2 resources" and "Tagging Amazon RDS resources"; a resource has at most 50 tags.
const tagValueError = expecting('a text of at most 256 characters', 'Put numbers, true and false in quotes.');
const tags = (keyPattern: RegExp, allowed: string) => {
  const error = expecting(`a tag key of 1 to 128 characters${allowed}`);
  const selection = expecting('tags such as { Role: gitlab }', 'Name at least one tag, and at most 50.');
  return z
    .record(
      z.string({ error }).min(1, { error }).max(128, { error }).regex(keyPattern, { error }),
      z.string({ error: tagValueError }).max(256, { error: tagValueError }),
      { error: selection },
    )
    .refine((entries) => Object.keys(entries).length > 0 && Object.keys(entries).length <= 50, {
      error: selection,
    })
    .meta({ minProperties: 1, maxProperties: 50 })
    .describe('A source belongs to the plan when it carries all of these tags with these values.');
};
const ec2Tags = tags(/^[^\p{Cc}]*$/u, ' without control characters');
const databaseTags = tags(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, ': letters, digits, spaces and _ . : / = + - @');

/** A selection by tags or by what `byName` holds: exactly one of the two. */
const selection = <S extends z.ZodRawShape>(shape: S, byName: string, example: string) =>
  section(shape, example)
    .refine((value) => has(value, 'tags') !== has(value, byName), {
      error: expecting(`either tags or ${byName}`, `Give one of the two, for example ${example}.`),
      when: evenIfInvalid,
    })
    .meta({ oneOf: [{ required: ['tags'] }, { required: [byName] }] });

const ec2 = selection(
  {
    tags: ec2Tags.optional(),
    ids: list(texts.instanceId, 'at least one instance ID').optional().describe('Instance IDs.'),
    reboot: flag()
      .default(false)
      .describe('Reboot the instance for a file system at rest. Never happens unless set to true.'),
  },
  'ids',
  '{ tags: { Role: gitlab } }',
).describe('EC2 instances, copied as AMIs with their snapshots.');

const database = (what: string) =>
  selection(
    {
      tags: databaseTags.optional(),
      identifiers: list(texts.databaseIdentifier, 'at least one database identifier')
        .optional()
        .describe('Identifiers, in any case.'),
    },
    'identifiers',
    '{ identifiers: [my-db] }',
  ).describe(what);

export const sourceSchemas = {
  ec2,
  rds: database('RDS instances, copied as manual DB snapshots. Members of a cluster belong under aurora.'),
  aurora: database('Aurora clusters, copied as manual cluster snapshots.'),
};

const source = section(
  {
    ec2: sourceSchemas.ec2.optional(),
    rds: sourceSchemas.rds.optional(),
    aurora: sourceSchemas.aurora.optional(),
  },
  'a source such as ec2: { tags: { Role: gitlab } }',
)
  .refine((value) => Object.keys(value).length === 1, {
    error: expecting('exactly one kind of source', 'Begin a list item of its own (- ) for every source.'),
    when: evenIfInvalid,
  })
  .meta({ minProperties: 1, maxProperties: 1 });

const schedule = section(
  {
    expression: texts.scheduleExpression.describe(
      'cron(minute hour day-of-month month day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss), as EventBridge Scheduler writes them.',
    ),
    timezone: texts.timezone
      .default(configDefaults.timezone)
      .describe('The time zone of the schedule, which also cuts the days and weeks of retention.'),
    flexibleWindowMinutes: wholeNumber(1, 1440, 'minutes')
      .optional()
      .describe(
        'Start at any moment of this many minutes after the scheduled time. Starts on time unless set.',
      ),
  },
  '{ expression: "cron(0 3 * * ? *)" }',
).describe('When the plan runs.');

const allow = section(
  {
    subnets: list(texts.subnetId, 'at least one subnet ID').optional().describe('Subnet IDs.'),
    securityGroups: list(texts.securityGroupId, 'at least one security group ID')
      .optional()
      .describe('Security group IDs.'),
    instanceProfiles: list(texts.instanceProfile, 'at least one name of an instance profile')
      .optional()
      .describe('Names of instance profiles.'),
  },
  'a mapping such as { subnets: [subnet-0123456789abcdef0] }',
).describe('Targets that a restore may be asked for beside the ones above. None unless set.');

const restore = section(
  {
    subnet: texts.subnetId.optional().describe('Subnet of restored machines. The old one unless set.'),
    securityGroups: list(texts.securityGroupId, 'at least one security group ID')
      .optional()
      .describe('Security groups of restored machines. The old ones unless set.'),
    quarantineGroup: texts.securityGroupId
      .optional()
      .describe('Security group of a restored machine until its configuration has been rewritten.'),
    instanceProfile: texts.instanceProfile
      .optional()
      .describe('Instance profile of restored machines. The old one unless set.'),
    hostname: texts.hostname.optional().describe('Name under which people reach the application.'),
    hostedZone: texts.hostedZone
      .optional()
      .describe(
        'Route 53 zone in which a deployed restore may change the record of hostname. None unless set.',
      ),
    allow: allow.optional(),
  },
  'a mapping such as { subnet: subnet-0123456789abcdef0 }',
).describe('Where restored machines go.');

const lockSnapshots = section(
  {
    days: wholeNumber(1, snapshotLockDaysLimit, 'days').describe(
      'Days for which nobody can delete the snapshots of an AMI.',
    ),
    mode: choice(['governance', 'compliance'])
      .default(configDefaults.lockMode)
      .describe('With compliance not even the root user can lift the lock.'),
    coolOffHours: wholeNumber(1, 72, 'hours')
      .optional()
      .describe('With compliance: hours in which a person can still lift the lock. None unless set.'),
  },
  'a mapping such as { days: 14 }',
)
  .refine((value) => value.coolOffHours === undefined || value.mode === 'compliance', {
    error: expecting(
      'coolOffHours with mode: compliance only',
      'A lock in governance mode can be lifted at any time: leave coolOffHours out.',
    ),
    when: evenIfInvalid,
  })
  .describe('EBS snapshot lock on the snapshots of every AMI. No lock unless set.');

const protect = section(
  {
    lockSnapshots: lockSnapshots.optional(),
    deregistrationProtection: choice(['with-cooldown', 'without-cooldown'])
      .optional()
      .describe(
        'No AMI can be deregistered before its protection has been lifted; with-cooldown: nor in the 24 hours after. No protection unless set.',
      ),
  },
  'a mapping such as { lockSnapshots: { days: 14 } }',
)
  .refine((value) => Object.keys(value).length > 0, {
    error: expecting(
      'lockSnapshots or deregistrationProtection',
      'Give one of the two, or leave the section out.',
    ),
    when: evenIfInvalid,
  })
  .meta({ minProperties: 1 })
  .describe('What keeps AMIs and their snapshots from being deleted before their time. Nothing unless set.');

const plan = section(
  {
    region: texts.region
      .optional()
      .describe('Region of the sources: a key of regions. The Region at the top unless set.'),
    application: texts.application
      .optional()
      .describe('Profile of the application. A plain fleet of independent sources unless set.'),
    schedule,
    sources: list(source, 'at least one source such as - ec2: { tags: { Role: gitlab } }').describe(
      'What the plan protects.',
    ),
    retention: retentionPolicySchema,
    timeout: texts.timeout
      .default(configDefaults.timeout)
      .describe('Recovery points that are not available this long after the start count as failed.'),
    consistency: choice(['preferred', 'required'])
      .default(configDefaults.consistency)
      .describe('Whether a copy is worth having when the application could not be quiesced.'),
    protect: protect.optional(),
    restore: restore.optional(),
  },
  'a plan with schedule, sources and retention',
);

/** The name of a plan: a key of `plans`. */
export const planName = texts.name(planNameLimit);
/** A key of `regions`. */
export const regionName = texts.region;

const vault = section(
  {
    bucket: texts.bucket.describe('Name of the bucket with the ledger.'),
    lockDays: wholeNumber(1, 36_500, 'days')
      .default(configDefaults.lockDays)
      .describe('Nobody can delete a ledger entry for this many days (S3 Object Lock).'),
    lockMode: choice(['governance', 'compliance'])
      .default(configDefaults.lockMode)
      .describe('With compliance not even the root user can lift the lock.'),
    existing: flag()
      .default(false)
      .describe('The bucket is there already. Deployment makes it unless set to true.'),
    kmsKey: texts.kmsKey
      .optional()
      .describe('ARN of the KMS key for the vault. S3 manages the key unless set.'),
  },
  '{ bucket: my-vault }',
).describe('The S3 bucket with the ledger: versioned, locked, create-only.');

const furtherRegion = section({ vault }, 'a mapping such as { vault: { bucket: my-vault-us-east-1 } }');

const notify = section(
  {
    emails: z
      .array(texts.email, { error: expecting('a list of e-mail addresses') })
      .default([])
      .describe('Told about partial and failed backups.'),
  },
  '{ emails: [ops@example.com] }',
).describe('Who is told when a backup is not complete.');

const consoleEvents = section(
  {
    testEvents: flag()
      .default(true)
      .describe('Deploy events that a person picks in the Lambda console to back up, rotate or restore.'),
    registry: choice(['create', 'existing'])
      .default('create')
      .describe(
        'The registry lambda-testevent-schemas, one for all functions of an account in a Region. Deployment makes it unless set to existing.',
      ),
  },
  '{ registry: existing }',
).describe('What the Lambda console offers for the functions.');

/** `snapkeep.yaml` as it is written; `parseConfig` turns it into a `Config`. */
export const fileSchema = section(
  {
    version: z.literal(1, { error: expecting('1', 'This version of Snapkeep reads version: 1.') }),
    deployment: texts
      .name(deploymentNameLimit)
      .describe('Name of this installation, the tag snapkeep:managed.'),
    region: texts.region.describe('AWS Region of the sources and of the deployment.'),
    vault,
    regions: z
      // Names are checked by `nameProblems`, as those of plans are.
      .record(z.string(), furtherRegion, { error: expecting('further Regions by name, each with a vault') })
      .optional()
      .meta({ propertyNames: { pattern: texts.regionPattern.source } })
      .describe('Further Regions of this installation. Each has a stack and a vault of its own.'),
    notify: notify.optional(),
    console: consoleEvents.optional(),
    plans: z
      // Names are checked by `nameProblems`: a key that is refused here would hide the mistakes of its plan.
      .record(z.string(), plan, { error: expecting('at least one plan by name') })
      .refine((plans) => Object.keys(plans).length > 0, { error: expecting('at least one plan by name') })
      .meta({
        minProperties: 1,
        propertyNames: { pattern: namePattern.source, maxLength: planNameLimit },
      })
      .describe('What to protect, by the name of the plan.'),
  },
  'a mapping with version, deployment, region, vault and plans',
);

export type WrittenConfig = z.output<typeof fileSchema>;
export type WrittenPlan = WrittenConfig['plans'][string];
export type WrittenVault = WrittenConfig['vault'];
export type WrittenProtection = NonNullable<WrittenPlan['protect']>;
export type WrittenSource = WrittenPlan['sources'][number];

/** Words of the design that later versions will understand, so that they are not taken for typing mistakes. */
export const laterSourceKinds: readonly string[] = ['cloudSql', 'gcs', 's3'];
export const laterSections: readonly string[] = ['google'];
