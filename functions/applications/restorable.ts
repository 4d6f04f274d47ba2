import { loadProfile } from './load-profile.ts';
import { restorable } from './restorable-profile.ts';
import type { FindApplication, RestorableApplication } from './restore-port.ts';

/** Applications by the name of their profile, each read once. */
export function createFindApplication(deployment: string, folder?: string): FindApplication {
  const known = new Map<string, RestorableApplication | undefined>();
  return (name) => {
    if (!known.has(name)) {
      const profile = loadProfile(name, folder);
      known.set(name, profile && restorable(profile, deployment));
    }
    return known.get(name);
  };
}
