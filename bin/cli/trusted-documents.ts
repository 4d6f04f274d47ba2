import { documentsOf } from '../../functions/applications/documents.ts';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import { boothookOf } from '../../functions/applications/user-data.ts';
import { applicationNames } from '../../functions/plan/applications.ts';

/**
 * Digests of every script that a restore may send to a machine, boothooks included: what an embedded cloud may run on
 * its machines' trees. The texts do not depend on the deployment, only their names do.
 */
export function trustedDocuments(): readonly string[] {
  return applicationNames.flatMap((name) => {
    const profile = loadProfile(name);
    if (profile === undefined) return [];
    const documents = documentsOf(profile, 'any').map(({ digest }) => digest);
    return [...documents, boothookOf(profile.units).digest];
  });
}
