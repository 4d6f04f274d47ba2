import * as z from 'zod';
import { expecting } from '../shared/expectation.ts';
import { evenIfInvalid, flag, has, list, section } from './sections.ts';
import * as texts from './texts.ts';

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

const sourceSchemas = {
  ec2,
  rds: database('RDS instances, copied as manual DB snapshots. Members of a cluster belong under aurora.'),
  aurora: database('Aurora clusters, copied as manual cluster snapshots.'),
};

/** An item of a plan's `sources`. */
export const source = section(
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
