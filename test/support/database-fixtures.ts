import { RDSServiceException } from '@aws-sdk/client-rds';
import type { StartRequest } from '../../functions/drivers/driver.ts';
import { copyName } from '../../functions/shared/names.ts';
import type { SourceKind } from '../../functions/shared/source.ts';

export const account = '123456789012';
export const region = 'eu-west-1';

export const startRequest = (
  kind: SourceKind,
  id: string,
  change: Partial<StartRequest> = {},
): StartRequest => ({
  source: { kind, id, region },
  relaunch: {},
  reboot: false,
  deployment: 'prod-eu',
  plan: 'ci',
  backupId: '1795140000_2026_11_20_ci',
  slot: '2026-11-20T02:00:00Z',
  attempt: 1,
  ...change,
});

export const nameFor = ({ deployment, plan, source, slot, attempt }: StartRequest): string =>
  copyName(deployment, plan, source, slot, attempt);

export const ownTags = ({ deployment, plan, backupId, source, slot }: StartRequest) => [
  { Key: 'snapkeep:managed', Value: deployment },
  { Key: 'snapkeep:plan', Value: plan },
  { Key: 'snapkeep:backup-id', Value: backupId },
  { Key: 'snapkeep:source', Value: `${source.kind}/${source.id}` },
  { Key: 'snapkeep:slot', Value: slot },
];

/** An answer of the service that is an error, as the client throws it. */
export const answer = (name: string, status = 400, message = `${name} says no`): RDSServiceException =>
  new RDSServiceException({
    name,
    message,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });

/** What a broken connection throws: no answer, no metadata. */
export const brokenConnection = (): Error =>
  Object.assign(new Error('read ECONNRESET'), { name: 'ECONNRESET', code: 'ECONNRESET' });
