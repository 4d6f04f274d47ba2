import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parseYaml } from '../../functions/plan/yaml-document.ts';
import { usageError } from '../../functions/shared/errors.ts';
import { deployedFlag } from './deployed-flag.ts';
import { pathFrom } from './host.ts';
import type { Io } from './io.ts';

/** The options of the verb `restore`, as Commander gives them. */
export interface RestoreOptions {
  readonly plan?: string;
  readonly id?: string;
  readonly resume?: string;
  readonly request?: string;
  readonly only?: readonly string[];
  readonly subnet?: string;
  readonly securityGroups?: readonly string[];
  readonly instanceType?: string;
  readonly instanceProfile?: string;
  readonly keyName?: string;
  readonly privateIp?: string;
  readonly elasticIp?: string;
  readonly hostname?: string;
  readonly dnsZone?: string;
  readonly dnsName?: string;
  readonly dnsTtl?: string;
  readonly userData?: string;
  readonly sshHostKeys?: string;
  /** Commander's form of `--no-start-application`; true unless that was given. */
  readonly startApplication: boolean;
  readonly dryRun?: boolean;
  readonly confirm?: string;
  readonly deployed?: boolean;
}

const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text.split(',').map((part) => part.trim()),
];

/** A flag for every key of a request. */
export function addRestoreFlags(command: Command): Command {
  return command
    .option('--plan <name>', 'the plan; a backup ID names it, too')
    .option('--id <id>', 'name of this restore; the same name always means the same restore')
    .option('--resume <id>', 'go on with a restore from the step at which it ended')
    .option('--request <file>', 'read the request from a YAML or JSON file; flags win over it')
    .option(
      '--only <sources>',
      'restore only these sources of the backup, such as ec2/i-0123456789abcdef0',
      collect,
    )
    .option('--subnet <id>', 'where the machine goes, instead of the plan’s or the old subnet')
    .option('--security-groups <ids>', 'its groups after the rewrite', collect)
    .option('--instance-type <type>', 'another type than the old one')
    .option('--instance-profile <name>', 'another instance profile')
    .option('--key-name <name>', 'another key pair')
    .option('--private-ip <how>', 'auto: the old address where it is free; keep: that or nothing; new')
    .option('--elastic-ip <how>', 'move: the old Elastic IP goes to the restored machine in the end; none')
    .option('--hostname <name>', 'name under which people reach the application from now on')
    .option('--dns-zone <id>', 'hosted zone of the record to point at the machine in the end')
    .option('--dns-name <name>', 'name of that record')
    .option('--dns-ttl <seconds>', 'how long resolvers keep it')
    .option('--user-data <how>', 'skip: the old user data is not run; again: it is')
    .option('--ssh-host-keys <how>', 'keep those of the image, or regenerate')
    .option('--no-start-application', 'leave the application held back after the rewrite')
    .option('--dry-run', 'print what would be done and what would remain; change nothing')
    .option('--confirm <digest>', 'the digest that a refusal printed')
    .option(...deployedFlag);
}

/** The request that the command line asks for, unchecked: the file's keys, then those of the flags. */
export async function readRequest(
  io: Io,
  backup: string | undefined,
  options: RestoreOptions,
): Promise<Record<string, unknown>> {
  const file = options.request === undefined ? {} : await readRequestFile(io, options.request);
  const {
    request: _file,
    resume: _resume,
    deployed: _deployed,
    dnsZone,
    dnsName,
    dnsTtl,
    startApplication,
    ...flags
  } = options;
  const dns = {
    hostedZoneId: dnsZone,
    name: dnsName,
    ttl: dnsTtl === undefined ? undefined : Number(dnsTtl),
  };
  const request: Record<string, unknown> = {
    ...file,
    ...given(flags),
    ...(backup === undefined ? {} : { backup }),
    ...(startApplication ? {} : { startApplication: false }),
  };
  if (Object.keys(given(dns)).length > 0) request.dns = { ...objectOf(file.dns), ...given(dns) };
  if (request.plan === undefined && typeof request.backup === 'string' && request.backup.includes('_')) {
    request.plan = request.backup.split('_').slice(4).join('_');
  }
  return request;
}

const given = (values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

const objectOf = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

async function readRequestFile(io: Io, name: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(pathFrom(io.cwd, name), 'utf8');
  } catch (error) {
    throw usageError(`the request ${name} cannot be read`, 'name a YAML or JSON file', error);
  }
  const { value } = parseYaml(text, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usageError(`the request ${name} is no mapping`, 'write it like { plan: ci, backup: latest }');
  }
  return { ...value };
}
