import type { CallerIdentity } from './service.ts';

/** Who signs with an access key. */
export interface Identity extends CallerIdentity {
  readonly secretAccessKey: string;
  /** Temporary credentials carry one, and every request must send it. */
  readonly sessionToken?: string;
  /** Real time in milliseconds since the epoch at which temporary credentials end. */
  readonly expiresAt?: number;
}

/** What the demo and `snapkeep sandbox` print for the user to export. */
export const DEFAULT_IDENTITY: Identity = {
  accessKeyId: 'AKIASNAPKEEPSANDBOX0',
  secretAccessKey: 'snapkeep-sandbox-secret-access-key-000000',
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/sandbox',
  userId: 'AIDASNAPKEEPSANDBOX00',
};

/** The access keys that the sandbox knows. Services that hand out temporary credentials add to it. */
export class Identities {
  readonly #byAccessKey = new Map<string, Identity>();

  constructor(identities: Iterable<Identity> = [DEFAULT_IDENTITY]) {
    for (const identity of identities) this.add(identity);
  }

  add(identity: Identity): void {
    this.#byAccessKey.set(identity.accessKeyId, identity);
  }

  remove(accessKeyId: string): void {
    this.#byAccessKey.delete(accessKeyId);
  }

  find(accessKeyId: string): Identity | undefined {
    return this.#byAccessKey.get(accessKeyId);
  }
}
