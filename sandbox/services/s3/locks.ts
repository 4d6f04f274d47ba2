import type { ObjectLockConfiguration, ObjectLockRetention } from '@aws-sdk/client-s3';
import {
  invalidArgument,
  invalidRequest,
  lockedByObjectLock,
  malformedXml,
  missingLockConfiguration,
} from './errors.ts';
import type { BucketRecord, DefaultRetention, ObjectVersion, Retention } from './model.ts';

const isMode = (mode: string | undefined): mode is Retention['mode'] =>
  mode === 'GOVERNANCE' || mode === 'COMPLIANCE';

/** Reads the headers of a write; without them the bucket's default retention applies. */
export function retentionOfWrite(
  bucket: BucketRecord,
  input: {
    readonly ObjectLockMode?: string | undefined;
    readonly ObjectLockRetainUntilDate?: Date | undefined;
    readonly ObjectLockLegalHoldStatus?: string | undefined;
  },
  now: number,
): { retention: Retention | undefined; legalHold: boolean | undefined } {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = input;
  if ((mode ?? until ?? hold) === undefined) {
    return { retention: defaultRetentionFrom(bucket.defaultRetention, now), legalHold: undefined };
  }
  if (!bucket.objectLock) throw missingLockConfiguration();
  if ((mode === undefined) !== (until === undefined)) {
    throw invalidArgument(
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
      mode === undefined ? 'x-amz-object-lock-mode' : 'x-amz-object-lock-retain-until-date',
      undefined,
    );
  }
  if (mode !== undefined && !isMode(mode)) {
    throw invalidArgument('Unknown wormMode directive.', 'x-amz-object-lock-mode', mode);
  }
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", 'x-amz-object-lock-legal-hold', hold);
  }
  if (until !== undefined) checkFuture(until, now, 'x-amz-object-lock-retain-until-date');
  return {
    retention:
      mode !== undefined && until !== undefined
        ? { mode, until: until.getTime() }
        : defaultRetentionFrom(bucket.defaultRetention, now),
    legalHold: hold === undefined ? undefined : hold === 'ON',
  };
}

/** A default of years is calendar years, of days is whole days, both from the moment of the write. */
export function defaultRetentionFrom(rule: DefaultRetention | undefined, now: number): Retention | undefined {
  if (!rule) return undefined;
  const until = new Date(now);
  if (rule.unit === 'days') until.setUTCDate(until.getUTCDate() + rule.count);
  else until.setUTCFullYear(until.getUTCFullYear() + rule.count);
  return { mode: rule.mode, until: until.getTime() };
}

/** Throws when the version must not be deleted now. */
export function checkDeletable(version: ObjectVersion, bypassGovernance: boolean, now: number): void {
  if (version.legalHold) throw lockedByObjectLock();
  const { retention } = version;
  if (!retention || retention.until <= now) return;
  if (retention.mode === 'GOVERNANCE' && bypassGovernance) return;
  throw lockedByObjectLock();
}

/**
 * The retention after PutObjectRetention. Anybody may lengthen; shortening, removing and weakening need the
 * bypass in governance mode and are impossible in compliance mode.
 */
export function changedRetention(
  current: Retention | undefined,
  wanted: ObjectLockRetention | undefined,
  bypassGovernance: boolean,
  now: number,
): Retention | undefined {
  const next = parseRetention(wanted, now);
  const active = current && current.until > now ? current : undefined;
  if (!active) return next;
  const weaker =
    next === undefined ||
    next.until < active.until ||
    (active.mode === 'COMPLIANCE' && next.mode === 'GOVERNANCE');
  if (active.mode === 'COMPLIANCE' && weaker) throw lockedByObjectLock();
  // Also the change from governance to compliance is a change of a governance lock.
  if (active.mode === 'GOVERNANCE' && (weaker || next.mode !== active.mode) && !bypassGovernance) {
    throw lockedByObjectLock();
  }
  return next;
}

function parseRetention(wanted: ObjectLockRetention | undefined, now: number): Retention | undefined {
  const { Mode: mode, RetainUntilDate: until } = wanted ?? {};
  if (mode === undefined && until === undefined) return undefined;
  if (!isMode(mode) || until === undefined) throw malformedXml();
  checkFuture(until, now, 'RetainUntilDate');
  return { mode, until: until.getTime() };
}

function checkFuture(until: Date, now: number, name: string): void {
  if (until.getTime() <= now) {
    throw invalidArgument('The retain until date must be in the future!', name, until.toISOString());
  }
}

/** The default rule of PutObjectLockConfiguration: a mode and exactly one of days and years. */
export function parseLockConfiguration(
  configuration: ObjectLockConfiguration | undefined,
): DefaultRetention | undefined {
  if (configuration?.ObjectLockEnabled !== 'Enabled') throw malformedXml();
  if (!configuration.Rule) return undefined;
  const { Mode: mode, Days: days, Years: years } = configuration.Rule.DefaultRetention ?? {};
  if (!isMode(mode) || (days === undefined) === (years === undefined)) throw malformedXml();
  const count = days ?? years ?? 0;
  if (!Number.isInteger(count) || count <= 0) {
    throw invalidArgument('Default retention period must be a positive integer value.', 'Days', count);
  }
  if (days !== undefined ? count > 36_500 : count > 100) {
    throw invalidRequest('Default retention period is too large, at most 36500 days or 100 years.');
  }
  return { mode, unit: days !== undefined ? 'days' : 'years', count };
}
