/** Restores under the roles, of what the estate's plans have copied: a machine with its database, a cluster, and again. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import { trustedDocuments } from '../../bin/cli/trusted-documents.ts';
import { documentsOf } from '../../functions/applications/documents.ts';
import { loadProfile } from '../../functions/applications/load-profile.ts';
import { createFindApplication } from '../../functions/applications/restorable.ts';
import type { AwsClients } from '../../functions/clients/aws.ts';
import { readLoneWorkerEnvironment } from '../../functions/handlers/environment.ts';
import { createRestoreHandler } from '../../functions/handlers/restore-runtime.ts';
import type { RestoreTargets } from '../../functions/plan/config.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { loadEstate } from '../../sandbox/estate.ts';
import { readEstate } from '../../sandbox/estate-file.ts';
import { account, region } from './cloud.ts';
import type { RoleBench } from './role-bench.ts';

export const restoreNames = { restore: 'prod-eu-restore', restoreWorker: 'prod-eu-restore-worker' } as const;

const oldSubnet = 'subnet-0aaa1111aaaa1111a';

/** The places of the example estate. */
export const restoreTargets: RestoreTargets = {
  subnet: 'subnet-0aaa9999aaaa9999a',
  securityGroups: ['sg-0bbb1111bbbb1111b'],
  quarantineGroup: 'sg-0ccc1111cccc1111c',
  instanceProfile: 'snapkeep-restored',
  hostname: 'CI.example.com',
  hostedZone: 'Z0123456789ABCDEFGHIJ',
  // Where the machines are, so that one may get its old address again.
  allow: { subnets: [oldSubnet], securityGroups: [], instanceProfiles: [] },
};

const deployment = 'prod-eu';
const application = 'circleci-server';
const machine = 'i-0aaa1111bbb22222c';
const address = 'eipalloc-0aaa1111aaaa1111a';

/** The network of the example estate and, of its machines, the one that an application runs on. */
export function seedRestorable(
  { cloud: { sandbox } }: RoleBench,
  tags: Readonly<Record<string, string>>,
): void {
  const estate = readEstate(fileURLToPath(new URL('../../docs/examples/estate.yaml', import.meta.url)));
  const instances = estate.instances
    .filter(({ id }) => id === machine)
    .map((each) => ({ ...each, tags: { ...each.tags, ...tags } }));
  const nothingElse = { fleets: [], databases: [], clusters: [], buckets: [] };
  loadEstate(sandbox.world, sandbox, { ...estate, ...nothingElse, instances });
  const { hostedZone: id = '' } = restoreTargets;
  sandbox.route53.seedZone({ id, account, name: 'example.com' });
}

export function deployRestoreWorker(bench: RoleBench): void {
  const environment = readLoneWorkerEnvironment(bench.environmentOf(restoreNames.restoreWorker));
  bench.addWorker(restoreNames.restoreWorker, (durableClient) =>
    createRestoreHandler({
      ...{ durableClient, environment, logger: silentLogger, clock: bench.cloud.clock },
      application: createFindApplication(environment.config.deployment),
      clients: bench.clientsOf(restoreNames.restoreWorker),
    }),
  );
}

/** @param settle waits until everything is over that was started */
export async function restoreThrough(
  bench: RoleBench,
  admin: AwsClients,
  settle: () => Promise<void>,
): Promise<readonly string[]> {
  await openToRestores(admin);
  const ask = async (event: object): Promise<unknown> => {
    const answer = await bench.call(restoreNames.restore, 'restore', event);
    await settle();
    return answer;
  };
  await ask({ plan: 'ci', subnet: oldSubnet, dryRun: true });
  // Where an address moves away from a machine that works, a person has to confirm what the outlook told.
  const dns = { hostedZoneId: restoreTargets.hostedZone, name: restoreTargets.hostname };
  const moving = { plan: 'ci', backup: 'latest', elasticIp: 'move', userData: 'again', dns };
  const confirm = digestOf(await ask({ ...moving, dryRun: true }));
  await ask({ ...moving, id: 'moved', ...(confirm === undefined ? {} : { confirm }) });
  await ask({ plan: 'fleet', backup: 'latest', id: 'fleet', userData: 'again' });
  await ask({
    plan: 'herd',
    backup: 'latest',
    id: 'herd',
    only: [`ec2/${oneOf(bench, 'Herd')}`],
    userData: 'again',
  });
  // A run that dies is gone on with.
  const died = { plan: 'fleet', requestId: 'died', request: { plan: 'fleet' } };
  const ends = await bench.run(restoreNames.restoreWorker, died, 12).then(
    () => ['the restore did not die'],
    () => [],
  );
  await ask({ plan: 'fleet', resume: 'died' });
  return ends;
}

/**
 * The documents of the stack. CloudFormation may write them with blanks of its own, so that a digest alone does not
 * tell that they are ours.
 */
function deployedDocuments() {
  const profile = loadProfile(application);
  if (profile === undefined) throw new Error(`there is no profile ${application}`);
  return documentsOf(profile, deployment).map(({ name, content }) => ({
    name,
    content: JSON.stringify(JSON.parse(content), null, 1),
  }));
}

/** Digests of everything that a machine of the estate may run. */
export function trustedScripts(): readonly string[] {
  const digests = deployedDocuments().map(({ content }) =>
    createHash('sha256').update(content).digest('hex'),
  );
  return [...trustedDocuments(), ...digests];
}

/** What the stack makes for restores, and the tag by which people open an address to them. */
async function openToRestores(admin: AwsClients): Promise<void> {
  for (const { name: Name, content: Content } of deployedDocuments()) {
    await admin.ssm.send(
      new CreateDocumentCommand({ Name, Content, DocumentType: 'Command', DocumentFormat: 'JSON' }),
    );
  }
  await admin.ec2.send(
    new CreateTagsCommand({ Resources: [address], Tags: [{ Key: 'snapkeep:managed', Value: deployment }] }),
  );
}

function oneOf({ cloud }: RoleBench, tag: string): string {
  const machines = [...cloud.sandbox.ec2.region(region).instances.values()];
  const found = machines.find(({ tags }) => tags.has(tag));
  if (found) return found.id;
  throw new Error(`no machine has the tag ${tag}`);
}

function digestOf(answer: unknown): string | undefined {
  const [, digest] = /"digest":"([0-9a-f]+)"/.exec(JSON.stringify(answer)) ?? [];
  return digest;
}
