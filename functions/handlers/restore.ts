import { createEntryClients } from '../clients/for-entries.ts';
import { systemClock } from '../shared/clock.ts';
import { readEntryEnvironment } from './environment.ts';
import { createLambdaLogger } from './lambda-logger.ts';
import { createRestoreEntry } from './restore-entry.ts';
import { speakingRemedies } from './spoken-remedy.ts';

const environment = readEntryEnvironment();

/**
 * Called by a person, from the console's Test button or with `snapkeep restore --deployed`: a restore request, such as
 * `{ plan, backup: "latest", dryRun: true }`, or `{ resume: ID, plan }`.
 */
export const handler = speakingRemedies(
  createRestoreEntry({
    environment,
    lambda: createEntryClients({ region: environment.region }).lambda,
    logger: createLambdaLogger(),
    clock: systemClock,
  }),
);
