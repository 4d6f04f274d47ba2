import { readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { inside, readInside } from './inside.ts';

/** The keys of cloud-init's configuration that decide what a relaunched machine looks like. */
export interface CloudConfig {
  readonly preserveHostname: boolean;
  readonly manageEtcHosts: false | 'template' | 'localhost';
  readonly deleteHostKeys: boolean;
  /** Trust the cache: a machine that was relaunched never notices that it is another one. */
  readonly manualCacheClean: boolean;
  readonly networkDisabled: boolean;
  readonly hostname: string | undefined;
  readonly fqdn: string | undefined;
  /** Keys of the user data that would run something, and that the sandbox only mentions. */
  readonly unused: readonly string[];
}

type Keys = Readonly<Record<string, unknown>>;

/** `/etc/cloud/cloud.cfg`, then `cloud.cfg.d/*.cfg` in order of their names, then the user data: the last word counts. */
export function readCloudConfig(root: string, userTexts: readonly string[]): CloudConfig {
  const texts = [readInside(root, '/etc/cloud/cloud.cfg')];
  const folder = inside(root, '/etc/cloud/cloud.cfg.d');
  for (const name of namesIn(folder).filter((candidate) => candidate.endsWith('.cfg')))
    texts.push(readInside(root, `/etc/cloud/cloud.cfg.d/${name}`));
  const user: Keys = Object.assign({}, ...userTexts.map(keysOf));
  const keys: Keys = Object.assign({}, ...texts.map(keysOf), user);
  const network = keys.network;
  return {
    preserveHostname: isTrue(keys.preserve_hostname),
    manageEtcHosts:
      keys.manage_etc_hosts === 'localhost'
        ? 'localhost'
        : keys.manage_etc_hosts === 'template' || isTrue(keys.manage_etc_hosts)
          ? 'template'
          : false,
    deleteHostKeys: keys.ssh_deletekeys === undefined || isTrue(keys.ssh_deletekeys),
    manualCacheClean: isTrue(keys.manual_cache_clean),
    networkDisabled:
      typeof network === 'object' && network !== null && 'config' in network && network.config === 'disabled',
    hostname: nameOf(keys.hostname),
    fqdn: nameOf(keys.fqdn),
    unused: ['bootcmd', 'runcmd', 'write_files', 'packages', 'power_state'].filter((key) => key in user),
  };
}

function namesIn(folder: string | undefined): string[] {
  try {
    return folder === undefined ? [] : readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** A file that cannot be read as a map counts for nothing, as with cloud-init itself. */
function keysOf(text: string | undefined): Keys {
  try {
    const value: unknown = parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** YAML 1.1, which cloud-init reads, has more words for it than 1.2. */
const isTrue = (value: unknown): boolean =>
  value === true || (typeof value === 'string' && /^(true|yes|on|1)$/i.test(value)) || value === 1;

const nameOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
