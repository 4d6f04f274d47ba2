import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { Logger } from '../shared/logger.ts';

/** Structured logs on CloudWatch; the level is POWERTOOLS_LOG_LEVEL, INFO unless set. */
export function createLambdaLogger(): Logger {
  const powertools = new Powertools({ serviceName: 'snapkeep' });
  return {
    debug: (message, fields) => powertools.debug(message, { ...fields }),
    info: (message, fields) => powertools.info(message, { ...fields }),
    warn: (message, fields) => powertools.warn(message, { ...fields }),
    error: (message, fields) => powertools.error(message, { ...fields }),
  };
}
