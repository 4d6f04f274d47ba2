import type { Dns } from '../applications/dns-port.ts';
import type { NamedRecord } from '../plan/restore-dns.ts';
import { refusedError } from '../shared/errors.ts';

/** The DNS, as far as the plans name records, and so the role may change them. */
export function namedDns(dns: Dns, records: readonly NamedRecord[]): Dns {
  const refusal = ({ zoneId, name }: { readonly zoneId: string; readonly name: string }) => {
    const named = records.some((each) => each.hostedZone === zoneId && each.name === name.toLowerCase());
    return named ? undefined : sentence(zoneId, name, records);
  };
  return {
    check: async (record) => {
      const problem = refusal(record);
      return problem === undefined ? dns.check(record) : [problem];
    },
    read: async (record) => (refusal(record) === undefined ? dns.read(record) : undefined),
    describe: (record) => dns.describe(record),
    upsert: async (record) => {
      const problem = refusal(record);
      if (problem !== undefined) throw refusedError(problem);
      return dns.upsert(record);
    },
    isInSync: (changeId) => dns.isInSync(changeId),
  };
}

function sentence(zoneId: string, name: string, records: readonly NamedRecord[]): string {
  const others =
    'leave out dns and point the name to the restored machine by hand, restore from the command line, or give the plan hostedZone beside hostname under restore and deploy again';
  if (records.length === 0) return `the deployed function may not change DNS records: ${others}`;
  const known = records.map((record) => `${record.name} in ${record.hostedZone}`).join(', ');
  return `the deployed function may not change the record ${name} in the hosted zone ${zoneId}, only ${known}: ${others}`;
}
