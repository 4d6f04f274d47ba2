import { toRetentionPolicy } from '../retention/policy.ts';
import { checkAcrossSections } from './checks.ts';
import type {
  Config,
  ConsoleEvents,
  Plan,
  Protection,
  Regions,
  RestoreTargets,
  Schedule,
  SnapshotLock,
  SourceSelection,
  Vault,
} from './config.ts';
import { nameProblems, toProblems } from './issues.ts';
import { ConfigError, type ConfigWarning } from './problems.ts';
import {
  fileSchema,
  type WrittenConfig,
  type WrittenPlan,
  type WrittenProtection,
  type WrittenRegion,
  type WrittenSource,
  type WrittenVault,
} from './schema.ts';
import { type FileParts, type RegionEntry, splitRegions } from './split.ts';
import { parseTimeout } from './texts.ts';
import { parseYaml } from './yaml-document.ts';

export interface ParseOptions {
  /** Names that `application` may have; any name is taken when absent. */
  readonly applications?: readonly string[];
}

export interface ParsedConfig {
  readonly regions: Regions;
  readonly warnings: readonly ConfigWarning[];
}

/** The first Region of a text, which for most texts is all of it; see `parseConfigWithWarnings`. */
export function parseConfig(text: string, fileName: string, options: ParseOptions = {}): Config {
  return parseConfigWithWarnings(text, fileName, options).regions[0];
}

/**
 * The configurations that a text means, with every default filled in, and what a reader should look at though it is
 * no error. Throws ConfigError (kind `usage`, exit 2) with all problems at once. `fileName` is only named in messages.
 */
export function parseConfigWithWarnings(
  text: string,
  fileName: string,
  options: ParseOptions = {},
): ParsedConfig {
  const document = parseYaml(text, fileName);
  const result = fileSchema.safeParse(document.value);
  if (!result.success) throw new ConfigError(fileName, toProblems(result.error.issues, document, fileName));
  const names = nameProblems(document, fileName);
  if (names.length > 0) throw new ConfigError(fileName, names);
  const parts = toParts(result.data);
  const { problems, warnings } = checkAcrossSections(parts, document, fileName, options.applications);
  if (problems.length > 0) throw new ConfigError(fileName, problems);
  return { regions: splitRegions(parts), warnings };
}

function toParts(written: WrittenConfig): FileParts {
  const { deployment, region, regions = {}, notify, plans } = written;
  const entryOf = (name: string, entry: WrittenRegion, section: RegionEntry['section']): RegionEntry => {
    // What the console offers is the same everywhere, but for what a Region says of itself.
    const console = toConsole(entry.console ?? written.console);
    return {
      ...{ region: name, vault: toVault(entry.vault), section },
      ...(console === undefined ? {} : { console }),
    };
  };
  return {
    deployment,
    notify: { emails: notify?.emails ?? [] },
    regions: [
      entryOf(region, written, []),
      ...Object.entries(regions).map(([name, entry]) => entryOf(name, entry, ['regions', name])),
    ],
    plans: Object.entries(plans).map(([name, plan]) => ({
      region: plan.region ?? region,
      plan: toPlan(name, plan),
    })),
  };
}

/** Undefined when nothing differs from what happens without the section. */
function toConsole(written: WrittenConfig['console']): ConsoleEvents | undefined {
  if (written === undefined || (written.testEvents && written.registry === 'create')) return undefined;
  return { testEvents: written.testEvents, registry: written.registry };
}

const toVault = ({ bucket, lockDays, lockMode, existing, kmsKey }: WrittenVault): Vault => ({
  ...{ bucket, lockDays, lockMode, existing },
  ...(kmsKey === undefined ? {} : { kmsKey }),
});

function toPlan(name: string, written: WrittenPlan): Plan {
  const timeoutSeconds = parseTimeout(written.timeout);
  if (timeoutSeconds === undefined) throw new TypeError(`${written.timeout} passed the schema as a timeout`);
  return {
    name,
    ...(written.application === undefined ? {} : { application: written.application }),
    schedule: toSchedule(written.schedule),
    sources: written.sources.map(toSelection),
    retention: toRetentionPolicy(written.retention),
    timeoutSeconds,
    consistency: written.consistency,
    ...(written.protect === undefined ? {} : { protect: toProtection(written.protect) }),
    ...(written.restore === undefined ? {} : { restore: toTargets(written.restore) }),
  };
}

function toSchedule(written: WrittenPlan['schedule']): Schedule {
  const { expression, timezone, flexibleWindowMinutes } = written;
  return { expression, timezone, ...(flexibleWindowMinutes === undefined ? {} : { flexibleWindowMinutes }) };
}

function toSelection(written: WrittenSource): SourceSelection {
  if (written.ec2 !== undefined) {
    const { tags, ids, reboot } = written.ec2;
    return { kind: 'ec2', select: tags === undefined ? { ids: ids ?? [] } : { tags }, reboot };
  }
  const kind = written.rds === undefined ? 'aurora' : 'rds';
  const { tags, identifiers = [] } = written.rds ?? written.aurora ?? {};
  if (tags !== undefined) return { kind, select: { tags } };
  // RDS keeps identifiers in lower case whatever case they were created with.
  return { kind, select: { identifiers: identifiers.map((identifier) => identifier.toLowerCase()) } };
}

function toProtection(written: WrittenProtection): Protection {
  const { lockSnapshots, deregistrationProtection } = written;
  return {
    ...(lockSnapshots === undefined ? {} : { lockSnapshots: toLock(lockSnapshots) }),
    ...(deregistrationProtection === undefined ? {} : { deregistrationProtection }),
  };
}

function toLock(written: NonNullable<WrittenProtection['lockSnapshots']>): SnapshotLock {
  const { days, mode, coolOffHours } = written;
  return { days, mode, ...(coolOffHours === undefined ? {} : { coolOffHours }) };
}

function toTargets(written: NonNullable<WrittenPlan['restore']>): RestoreTargets {
  const { subnet, securityGroups, quarantineGroup, instanceProfile, hostname, hostedZone, allow } = written;
  return {
    ...(subnet === undefined ? {} : { subnet }),
    ...(securityGroups === undefined ? {} : { securityGroups }),
    ...(quarantineGroup === undefined ? {} : { quarantineGroup }),
    ...(instanceProfile === undefined ? {} : { instanceProfile }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(hostedZone === undefined ? {} : { hostedZone }),
    ...(allow === undefined
      ? {}
      : {
          allow: {
            subnets: allow.subnets ?? [],
            securityGroups: allow.securityGroups ?? [],
            instanceProfiles: allow.instanceProfiles ?? [],
          },
        }),
  };
}
