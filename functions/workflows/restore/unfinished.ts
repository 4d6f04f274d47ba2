import type { RestoreRecord } from '../../catalog/restore-documents.ts';
import type { RestoreRequest } from '../../plan/restore-request.ts';
import type { RestoreJournal } from './ports.ts';
import { differences } from './prepare.ts';

/** A restore that nobody went on with for this long is not what a repeated command means. */
const rememberedHours = 24;

/**
 * The newest restore that was asked for in the same words and did not come to an end: its process was killed. The same
 * command given again means that one, or it would launch a second machine.
 */
export async function findUnfinished(
  journal: RestoreJournal & { list(plan: string): Promise<readonly string[]> },
  request: RestoreRequest,
  now: number,
  state: 'killed' | 'failed' = 'killed',
): Promise<RestoreRecord | undefined> {
  let newest: RestoreRecord | undefined;
  for (const id of await journal.list(request.plan)) {
    const record = await journal.read(request.plan, id);
    if (!record || differences(record, request).length > 0) continue;
    const begunAt = Date.parse(record.requested_at);
    if (now - begunAt > rememberedHours * 3_600_000) continue;
    const report = await journal.lastReport(request.plan, id);
    if (state === 'killed' ? report !== undefined : report?.status !== 'failed') continue;
    if (newest === undefined || begunAt > Date.parse(newest.requested_at)) newest = record;
  }
  return newest;
}
