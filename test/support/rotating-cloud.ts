import { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import { S3Vault } from '../../functions/catalog/s3-vault.ts';
import { createRemovers } from '../../functions/drivers/removers.ts';
import { type RotateDependencies, silentRotationReporter } from '../../functions/workflows/rotate/ports.ts';
import { account, bucket, type Process } from './cloud.ts';

export const caller = `arn:aws:iam::${account}:user/ops`;

/** What a rotation in the sandbox stands on, with the clients of one process. */
export function rotationOf({ clients, deps }: Pick<Process, 'clients' | 'deps'>): RotateDependencies {
  const { clock } = deps;
  return {
    backup: deps,
    removers: createRemovers({ clients, account: async () => account, clock }),
    ledger: new RotationLedger(new S3Vault({ s3: clients.s3, bucket, clock })),
    identity: async () => ({ account, arn: caller }),
    reporter: silentRotationReporter,
  };
}
