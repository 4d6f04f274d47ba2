import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Identity } from '../workflows/rotate/ports.ts';

/** Whose credentials this process has; asked for once, when it is first needed. */
export function createCaller(sts: () => STSClient): () => Promise<Identity> {
  let asked: Promise<Identity> | undefined;
  return () => {
    asked ??= sts()
      .send(new GetCallerIdentityCommand({}))
      .then(
        ({ Account: account = '', Arn: arn = '' }) => ({ account, arn }),
        (error: unknown) => {
          // A process lives on for hours: what failed once is asked for again.
          asked = undefined;
          throw error;
        },
      );
    return asked;
  };
}
