import type { Catalog, CatalogBackup, CatalogPoint } from '../../catalog/catalog.ts';
import type { Intent } from '../../catalog/documents.ts';
import type { Finding } from './assessment.ts';
import { registerImageCommand } from './register-image.ts';

/** What a person should know, besides the decisions. `orphans`: those of the unsealed runs that are old enough. */
export function findingsOf(catalog: Catalog, orphans: readonly Intent[]): Finding[] {
  return [
    ...catalog.backups.flatMap((backup) => backup.points.flatMap((point) => pointFindings(backup, point))),
    ...catalog.foreign.map(
      ({ id, reason }): Finding => ({ kind: 'foreign', id, text: `${reason}; left alone` }),
    ),
    ...orphans.map(
      ({ backup_id, created_at }): Finding => ({
        kind: 'orphan',
        id: backup_id,
        backupId: backup_id,
        text: `begun at ${created_at} and never sealed; a rotation completes it with what is there`,
      }),
    ),
  ];
}

function pointFindings(backup: CatalogBackup, point: CatalogPoint): Finding[] {
  const { state, id = '', backupId, sourceKey, strays } = point;
  const about = { id, backupId, sourceKey };
  if (state.at === 'altered') return [{ kind: 'altered', ...about, text: `${state.problem}; left alone` }];
  if (state.at !== 'damaged') return [];
  const left = strays.map((stray) => stray.id).join(', ');
  const text = `it is gone, and no rotation of ours removed it; ${left === '' ? 'nothing of it is left' : `kept: ${left}`}`;
  const command = registerImageCommand(backup.manifest, point);
  return [{ kind: 'damaged', ...about, text, ...(command === undefined ? {} : { command }) }];
}
