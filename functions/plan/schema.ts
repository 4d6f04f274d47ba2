import * as z from 'zod';
import { expecting } from '../shared/expectation.ts';
import { deploymentNameLimit, namePattern, planNameLimit } from '../shared/names.ts';
import { plan } from './plan-schema.ts';
import { choice, configDefaults, flag, section, wholeNumber } from './sections.ts';
import * as texts from './texts.ts';

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

const furtherRegion = section(
  { vault, console: consoleEvents.optional() },
  'a mapping such as { vault: { bucket: my-vault-us-east-1 } }',
);

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
export type WrittenRegion = z.output<typeof furtherRegion>;
export type WrittenProtection = NonNullable<WrittenPlan['protect']>;
export type WrittenSource = WrittenPlan['sources'][number];

/** Words of the design that later versions will understand, so that they are not taken for typing mistakes. */
export const laterSourceKinds: readonly string[] = ['cloudSql', 'gcs', 's3'];
export const laterSections: readonly string[] = ['google'];
