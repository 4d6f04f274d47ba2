import { createEntryClients } from '../clients/for-entries.ts';
import { systemClock } from '../shared/clock.ts';
import { createBackupEntry } from './backup-entry.ts';
import { readEntryEnvironment } from './environment.ts';
import { createLambdaLogger } from './lambda-logger.ts';
import { speakingRemedies } from './spoken-remedy.ts';

const environment = readEntryEnvironment();

/** Called by a person, from the console or with `snapkeep backup --deployed`: `{ plan, slot?, wait? }`. */
export const handler = speakingRemedies(
  createBackupEntry({
    environment,
    lambda: createEntryClients({ region: environment.region }).lambda,
    logger: createLambdaLogger(),
    clock: systemClock,
  }),
);
