import type { WireProtocol, WireRequest } from './protocols/wire.ts';

/** The protocol to answer in while a request has not said which service it is for. */
export function guessProtocol({ headers, query, path, body }: WireRequest): WireProtocol {
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return 'rpcv2Cbor';
  if (headers['x-amz-target'] !== undefined) return 'awsJson1_1';
  if (
    (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
    /(^|&)Action=/.test(query)
  ) {
    // The version of EC2's interface, the only one of its kind.
    return `${query}&${body.toString('latin1', 0, 4096)}`.includes('Version=2016-11-15')
      ? 'ec2Query'
      : 'awsQuery';
  }
  if (path.startsWith('/2013-04-01/')) return 'restXml';
  // Lambda's paths start with a date; the one above is Route 53's.
  return /^\/\d{4}-\d\d-\d\d\//.test(path) ? 'restJson1' : 'restXml';
}
