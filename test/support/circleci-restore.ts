import { cpSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documentsOf, type SsmDocument } from '../../functions/applications/documents.ts';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import { rewriteValues } from '../../functions/applications/parameters.ts';
import type { Profile } from '../../functions/applications/profile.ts';
import { addressChange, type MachineRecord } from '../../functions/rewrite/address-map.ts';
import { freshFolder } from './machine-tree.ts';

/** The profile of the CircleCI services machine and its documents, as a deployment has them. */
export function circleci(): { profile: Profile; documents: readonly SsmDocument[] } {
  const profile = loadProfile('circleci-server');
  if (profile === undefined) throw new Error('there is no profile circleci-server');
  return { profile, documents: documentsOf(profile, 'prod-eu') };
}

/** The script of a document, as the agent puts it together. */
export function scriptOf(documents: readonly SsmDocument[], action: string): string {
  const document = documents.find((each) => each.action === action);
  if (document === undefined) throw new Error(`there is no document ${action}`);
  const { mainSteps } = JSON.parse(document.content);
  return `${mainSteps[0].inputs.runCommand.join('\n')}\n`;
}

/** A copy of a machine of the example estate. */
export function machine(name: string): string {
  const root = freshFolder(name);
  cpSync(fileURLToPath(new URL(`../../docs/examples/machines/${name}`, import.meta.url)), root, {
    recursive: true,
  });
  // Whole seconds: busybox keeps no others.
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    utimesSync(join(root, name), 1_700_000_000, 1_700_000_000);
  }
  return root;
}

/** The imaginary machine of the fixtures, before and after. */
export const oldMachine: MachineRecord = {
  private_ip: '10.0.1.67',
  public_ip: '203.0.113.20',
  private_dns: 'ip-10-0-1-67.eu-west-1.compute.internal',
  hostname: 'ip-10-0-1-67',
  service_name: 'ci.old.example.com',
};
export const newMachine: MachineRecord = {
  private_ip: '10.0.9.14',
  public_ip: '198.51.100.77',
  private_dns: 'ip-10-0-9-14.eu-west-1.compute.internal',
  hostname: 'ip-10-0-9-14',
};

export function valuesOf(
  relaunch: MachineRecord,
  next: MachineRecord,
  serviceName?: string,
  endpoints: readonly { what: string; old: string; new: string }[] = [],
): Readonly<Record<string, string>> {
  const change = addressChange({
    relaunch,
    machine: next,
    ...(serviceName === undefined ? {} : { serviceName }),
    endpoints,
  });
  return rewriteValues({ restoreId: 'r1', ...change, sshHostKeys: 'keep' });
}
