import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Profile } from '../applications/profile.ts';
import { restorable } from '../applications/restorable-profile.ts';
import type { FindApplication } from '../applications/restore-port.ts';

/** What the stack checked and wrote beside the code in one deployment; without the YAML that it was read from. */
const profilesSchema = z.record(
  z.string(),
  z.custom<Profile>((value) => typeof value === 'object' && value !== null && 'scripts' in value),
);

/** Applications by the name of their profile, from `profiles.json` of a bundle. */
export function readBundledApplications(folder: string, deployment: string): FindApplication {
  const text = readFileSync(join(folder, 'profiles.json'), 'utf8');
  const profiles = Object.values(profilesSchema.parse(JSON.parse(text)));
  const known = new Map(profiles.map((profile) => [profile.name, restorable(profile, deployment)]));
  return (name) => known.get(name);
}
