import { createEntryClients } from '../clients/for-entries.ts';
import { systemClock } from '../shared/clock.ts';
import { readEntryEnvironment } from './environment.ts';
import { createLambdaLogger } from './lambda-logger.ts';
import { createRotateEntry } from './rotate-entry.ts';
import { speakingRemedies } from './spoken-remedy.ts';

const environment = readEntryEnvironment();

/**
 * Called by a person, from the console or with `snapkeep rotate --deployed`: `{ plan?, dryRun?, confirm? }`; and once a
 * day by a schedule, for all plans.
 */
export const handler = speakingRemedies(
  createRotateEntry({
    environment,
    lambda: createEntryClients({ region: environment.region }).lambda,
    logger: createLambdaLogger(),
    clock: systemClock,
  }),
);
