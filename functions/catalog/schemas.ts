import * as z from 'zod';
import { consistencyLevels, sourceKinds } from '../shared/source.ts';
import { backupStatuses, type Intent, type Manifest, type Relaunch } from './documents.ts';

/** Schemas of the ledger's documents. Unknown keys are kept: a later version may have written more. */

const source = z.looseObject({ kind: z.enum(sourceKinds), id: z.string(), region: z.string() });
/** Its keys are the driver's own. Vaults yield nothing but JSON, so what is inside need not be looked at, nor copied. */
const relaunch = z.custom<Relaunch>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object was expected',
);
const application = z.looseObject({ profile: z.string(), version: z.string().nullable() }).nullable();
const time = z.iso.datetime();

const protection = z.looseObject({
  lock: z
    .looseObject({
      days: z.number(),
      mode: z.enum(['governance', 'compliance']),
      cool_off_hours: z.number().exactOptional(),
    })
    .exactOptional(),
  deregistration: z.enum(['with-cooldown', 'without-cooldown']).exactOptional(),
});

export const intentSchema: z.ZodType<Intent> = z.looseObject({
  metadata_version: z.literal(2),
  backup_id: z.string(),
  deployment: z.string(),
  account: z.string().exactOptional(),
  plan: z.string(),
  slot: time,
  created_at: time,
  deadline: time,
  application,
  sources: z.array(
    z.looseObject({ source, copy_name: z.string(), relaunch, reboot: z.boolean().exactOptional() }),
  ),
  missing: z.array(z.looseObject({ source, reason: z.string() })),
  protection: protection.exactOptional(),
  snapkeep_version: z.string(),
});

const recoveryPoint = z.discriminatedUnion('status', [
  z.looseObject({
    status: z.literal('available'),
    source,
    relaunch,
    consistency: z.enum(consistencyLevels),
    id: z.string(),
    name: z.string(),
    snapshots: z.array(z.string()),
    bytes: z.number(),
    created_at: time,
    unprotected: z.string().exactOptional(),
  }),
  z.looseObject({
    status: z.literal('failed'),
    source,
    relaunch,
    reason: z.string(),
    id: z.string().exactOptional(),
    name: z.string().exactOptional(),
    snapshots: z.array(z.string()).exactOptional(),
  }),
]);

export const manifestSchema: z.ZodType<Manifest> = z.looseObject({
  metadata_version: z.literal(2),
  backup_id: z.string(),
  created_at: time,
  plan: z.string(),
  slot: time,
  deployment: z.string(),
  snapkeep_version: z.string(),
  application,
  status: z.enum(backupStatuses),
  consistency: z.enum(consistencyLevels),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
  protection: protection.exactOptional(),
  lost_sources: z.array(z.string()).exactOptional(),
  started_at: time,
  completed_at: time,
  recovery_points: z.array(recoveryPoint),
});
