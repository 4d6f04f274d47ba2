import { retentionPolicySchema } from '../retention/policy.ts';
import { expecting } from '../shared/expectation.ts';
import { choice, configDefaults, evenIfInvalid, list, section, wholeNumber } from './sections.ts';
import { source } from './source-schema.ts';
import * as texts from './texts.ts';

/**
 * EBS takes up to 36,500 days. A permission can bound the days and not the mode, so a role that may lock for long in
 * governance mode may do so in compliance mode as well, which nobody can undo.
 */
const snapshotLockDaysLimit = 365;

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

/** An entry of `plans`. */
export const plan = section(
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
