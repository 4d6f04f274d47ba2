import type { Protocol } from '../service.ts';
import type { SignedRequest } from './canonical-request.ts';

/** CBOR is what newer AWS CLIs speak to services that offer several protocols (Smithy RPC v2 CBOR). */
export type WireProtocol = Protocol | 'rpcv2Cbor';

/** One request as it came, its body complete. */
export interface WireRequest extends SignedRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Decoded from any chunks. */
  readonly body: Buffer;
}
