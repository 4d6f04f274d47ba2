import { toRetentionPolicy } from '../retention/policy.ts';
import { checkAcrossSections } from './checks.ts';
import type { Config, Plan, RestoreTargets, Schedule, SourceSelection } from './config.ts';
import { planNameProblems, toProblems } from './issues.ts';
import { ConfigError, type ConfigWarning } from './problems.ts';
import { fileSchema, type WrittenConfig, type WrittenPlan, type WrittenSource } from './schema.ts';
import { parseTimeout } from './texts.ts';
import { parseYaml } from './yaml-document.ts';

export interface ParseOptions {
  /** Names that `application` may have; any name is taken when absent. */
  readonly applications?: readonly string[];
}

export interface ParsedConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigWarning[];
}

/**
 * The configuration that a text means, with every default filled in. Throws ConfigError (kind `usage`, exit 2)
 * with all problems at once. `fileName` is only named in messages.
 */
export function parseConfig(text: string, fileName: string, options: ParseOptions = {}): Config {
  return parseConfigWithWarnings(text, fileName, options).config;
}

/** As `parseConfig`, with what a reader should look at though it is no error. */
export function parseConfigWithWarnings(
  text: string,
  fileName: string,
  options: ParseOptions = {},
): ParsedConfig {
  const document = parseYaml(text, fileName);
  const result = fileSchema.safeParse(document.value);
  if (!result.success) throw new ConfigError(fileName, toProblems(result.error.issues, document, fileName));
  const names = planNameProblems(document, fileName);
  if (names.length > 0) throw new ConfigError(fileName, names);
  const config = toConfig(result.data);
  const { problems, warnings } = checkAcrossSections(config, document, fileName, options.applications);
  if (problems.length > 0) throw new ConfigError(fileName, problems);
  return { config, warnings };
}

function toConfig(written: WrittenConfig): Config {
  const { bucket, lockDays, lockMode, existing, kmsKey } = written.vault;
  return {
    deployment: written.deployment,
    region: written.region,
    vault: { bucket, lockDays, lockMode, existing, ...(kmsKey === undefined ? {} : { kmsKey }) },
    notify: { emails: written.notify?.emails ?? [] },
    plans: Object.fromEntries(
      Object.entries(written.plans).map(([name, plan]) => [name, toPlan(name, plan)]),
    ),
  };
}

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

function toTargets(written: NonNullable<WrittenPlan['restore']>): RestoreTargets {
  const { subnet, securityGroups, quarantineGroup, instanceProfile, hostname, allow } = written;
  return {
    ...(subnet === undefined ? {} : { subnet }),
    ...(securityGroups === undefined ? {} : { securityGroups }),
    ...(quarantineGroup === undefined ? {} : { quarantineGroup }),
    ...(instanceProfile === undefined ? {} : { instanceProfile }),
    ...(hostname === undefined ? {} : { hostname }),
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
