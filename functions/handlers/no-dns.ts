import type { Dns } from '../applications/dns-port.ts';
import { refusedError } from '../shared/errors.ts';

const why =
  'the deployed function may not change DNS records: point the name to the restored machine by hand';

/** No hosted zone is named by a configuration, so no role may change one; requests are refused before it is asked. */
export const noDns: Dns = {
  check: async () => [why],
  read: async () => undefined,
  describe: () => ({ service: 'route53', action: 'none', parameters: {} }),
  upsert: async () => {
    throw refusedError(why);
  },
  isInSync: async () => true,
};
