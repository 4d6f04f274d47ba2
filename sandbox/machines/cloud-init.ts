import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudConfig } from './cloud-config.ts';
import { existsInside, inside, readInside, writeInside } from './inside.ts';

/** What a machine can learn about itself: from the metadata service, on a real one. */
export interface MachineFacts {
  readonly instanceId: string;
  readonly privateIp: string;
  /** Empty when there is none. */
  readonly publicIp: string;
  /** `ip-10-0-9-14.eu-west-1.compute.internal` */
  readonly privateDns: string;
  readonly mac: string;
}

type Note = (detail: string) => void;

const data = '/var/lib/cloud/data';

/** Images without cloud-init, or where it is switched off, take no notice of user data. */
export function hasCloudInit(root: string): boolean {
  return existsInside(root, '/etc/cloud') && !existsInside(root, '/etc/cloud/cloud-init.disabled');
}

/**
 * Compares the cached instance ID with the real one and makes the new instance's folder ("First boot determination").
 * Returns whether this is the first boot of a new instance.
 */
export function noteInstance(root: string, facts: MachineFacts, config: CloudConfig): boolean {
  const cached = readInside(root, `${data}/instance-id`)?.trim();
  if (cached === facts.instanceId) return false;
  if (cached !== undefined && config.manualCacheClean) return false;
  if (cached !== undefined) writeInside(root, `${data}/previous-instance-id`, `${cached}\n`);
  writeInside(root, `${data}/instance-id`, `${facts.instanceId}\n`);
  const home = `/var/lib/cloud/instances/${facts.instanceId}`;
  const folder = inside(root, home);
  if (folder !== undefined) mkdirSync(folder, { recursive: true });
  const parent = inside(root, '/var/lib/cloud');
  if (parent !== undefined) {
    const link = join(parent, 'instance');
    rmSync(link, { recursive: true, force: true });
    symlinkSync(home, link);
  }
  return true;
}

/** The modules set_hostname (once per instance) and update_hostname (every boot). */
export function setHostname(
  root: string,
  facts: MachineFacts,
  config: CloudConfig,
  isNew: boolean,
  note: Note,
): void {
  if (config.preserveHostname) {
    note('the hostname is kept: preserve_hostname');
    return;
  }
  const { hostname } = namesOf(root, facts, config);
  const present = readInside(root, '/etc/hostname')?.trim();
  const previous = readInside(root, `${data}/previous-hostname`)?.trim();
  const kept = !isNew && present !== undefined && previous !== undefined && present !== previous;
  if (kept) {
    // "If something else has changed the hostname after we set it initially, we should not overwrite those changes".
    note(`the hostname ${present} was set by hand and is kept`);
    return;
  }
  if (present !== hostname) {
    writeInside(root, '/etc/hostname', `${hostname}\n`);
    note(`the hostname is ${hostname} now${present === undefined ? '' : `, it was ${present}`}`);
  }
  writeInside(root, `${data}/previous-hostname`, `${hostname}\n`);
}

/** The module update_etc_hosts (every boot). */
export function updateEtcHosts(root: string, facts: MachineFacts, config: CloudConfig, note: Note): void {
  if (config.manageEtcHosts === false) return;
  const { hostname, fqdn } = namesOf(root, facts, config);
  const short = hostname.split('.')[0] ?? hostname;
  const loopback = isRedHat(root) ? '127.0.0.1' : '127.0.1.1';
  const own = `${loopback} ${fqdn} ${short}`;
  if (config.manageEtcHosts === 'template') {
    const lines = [
      '# Written by cloud-init from a template on every boot',
      own,
      '127.0.0.1 localhost',
      '::1 localhost ip6-localhost ip6-loopback',
    ];
    writeInside(root, '/etc/hosts', `${lines.join('\n')}\n`);
    note('/etc/hosts was written anew from the template');
    return;
  }
  const lines = (readInside(root, '/etc/hosts') ?? '').split('\n');
  const entries = lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  if (
    entries.some(([address, name, ...more]) => address === loopback && name === fqdn && more.includes(short))
  )
    return;
  const last = entries.findLastIndex(([address]) => address === loopback);
  lines.splice(last + 1, 0, own);
  writeInside(root, '/etc/hosts', lines.join('\n'));
  note(`/etc/hosts has a line for ${fqdn}`);
}

/** The module ssh (once per instance): by default host keys of the image go, and new ones are made. */
export function renewHostKeys(root: string, facts: MachineFacts, config: CloudConfig, note: Note): void {
  const folder = inside(root, '/etc/ssh');
  if (folder === undefined || !lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (config.deleteHostKeys)
    for (const name of readdirSync(folder))
      if (/^ssh_host_.*key/.test(name)) rmSync(join(folder, name), { force: true });
  let made = 0;
  for (const kind of ['rsa', 'ecdsa', 'ed25519']) {
    const path = `/etc/ssh/ssh_host_${kind}_key`;
    if (existsInside(root, path)) continue;
    const nonce = createHash('sha256').update(`${facts.instanceId}/${kind}`).digest('base64url');
    writeInside(root, path, `sandbox host key, no secret: ${kind} ${nonce}\n`, 0o600);
    writeInside(root, `${path}.pub`, `ssh-${kind} ${nonce} root@${facts.privateDns.split('.')[0]}\n`);
    made += 1;
  }
  note(made === 0 ? 'SSH host keys are kept' : `${made} SSH host keys were made`);
}

/** The network of a new instance is rendered from its metadata: the old card's address would match nothing. */
export function renderNetwork(root: string, facts: MachineFacts, config: CloudConfig, note: Note): void {
  const files = ['/etc/netplan/50-cloud-init.yaml', '/etc/sysconfig/network-scripts/ifcfg-eth0'];
  for (const path of files) {
    const before = readInside(root, path);
    if (before === undefined) continue;
    if (config.networkDisabled) {
      note(`${path} is kept: the network configuration is disabled`);
      continue;
    }
    const after = before.replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/gi, facts.mac);
    if (after === before) continue;
    writeInside(root, path, after);
    note(`${path} names the new network card`);
  }
}

/** The end of the final stage. */
export function finish(root: string, facts: MachineFacts, at: number): void {
  const seconds = at / 1000;
  const status = {
    v1: { datasource: 'DataSourceEc2Local', init: { errors: [], finished: seconds }, stage: null },
  };
  writeInside(root, `${data}/status.json`, `${JSON.stringify(status, null, 1)}\n`);
  const result = { v1: { datasource: 'DataSourceEc2Local', errors: [] } };
  writeInside(root, `${data}/result.json`, `${JSON.stringify(result, null, 1)}\n`);
  writeInside(root, `/var/lib/cloud/instances/${facts.instanceId}/boot-finished`, `${seconds}\n`);
}

export function isRedHat(root: string): boolean {
  const release = readInside(root, '/etc/os-release') ?? '';
  return /^ID(_LIKE)?=.*\b(rhel|fedora|centos|amzn)\b/m.test(release);
}

function namesOf(root: string, facts: MachineFacts, config: CloudConfig): { hostname: string; fqdn: string } {
  const fqdn = config.fqdn ?? config.hostname ?? facts.privateDns;
  const short = config.hostname ?? fqdn.split('.')[0] ?? fqdn;
  // Red Hat's distributions prefer the whole name, Debian's the first label.
  return { fqdn, hostname: isRedHat(root) ? fqdn : short };
}
