/** What happens under the roles: everything that a deployment does, so that every permission is needed once. */
import { DeregisterImageCommand } from '@aws-sdk/client-ec2';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { createAwsClients } from '../../functions/clients/aws.ts';
import { createBackupHandler } from '../../functions/handlers/backup-runtime.ts';
import { readLoneWorkerEnvironment, readWorkerEnvironment } from '../../functions/handlers/environment.ts';
import { createRotateHandler } from '../../functions/handlers/rotate-runtime.ts';
import type { Protection } from '../../functions/plan/config.ts';
import { silentLogger } from '../../functions/shared/logger.ts';
import { account, bucket, region } from './cloud.ts';
import { aConfig } from './configs.ts';
import { aPlan, ec2ByTags } from './plans.ts';
import type { RoleBench } from './role-bench.ts';
import {
  deployRestoreWorker,
  restoreNames,
  restoreTargets,
  restoreThrough,
  seedRestorable,
} from './role-restores.ts';

export const customerKey = `arn:aws:kms:${region}:${account}:key/11111111-2222-4333-8444-555555555555`;
export const names = {
  start: 'prod-eu-start',
  backup: 'prod-eu-backup',
  backupWorker: 'prod-eu-backup-worker',
  rotate: 'prod-eu-rotate',
  rotateWorker: 'prod-eu-rotate-worker',
  ...restoreNames,
} as const;

const day = 24 * 3600 * 1000;
/** More than one execution takes, so that the backup is divided. */
const herdSize = 501;
const keepOne = {
  last: 1,
  minimum: 1,
  maxDeletePercent: 100,
  partialKeep: { years: 0, months: 0, days: 0, hours: 1 },
};

/** Locked for as little as a lock may last, so that what is protected is rotated within the test. */
const briefly: Protection = {
  lockSnapshots: { days: 1, mode: 'compliance', coolOffHours: 1 },
  deregistrationProtection: 'with-cooldown',
};
const longer: Protection = { lockSnapshots: { days: 14, mode: 'governance' } };

/** Plans with every kind of source, selected by tags and by name, with and without protection, and one that is large. */
export function estateConfig() {
  const { plans, vault, ...config } = aConfig();
  const kept = Object.fromEntries(
    Object.entries(plans).map(([name, plan]) => [
      name,
      {
        ...{ ...plan, retention: keepOne, restore: restoreTargets },
        ...(name === 'fleet' ? { protect: briefly } : {}),
      },
    ]),
  );
  const herd = aPlan({ name: 'herd', sources: [ec2ByTags({ Herd: 'yes' })], protect: longer });
  return {
    ...config,
    plans: { ...kept, herd: { ...herd, restore: restoreTargets } },
    vault: { ...vault, bucket },
  };
}

export function seedEstate(bench: RoleBench): void {
  const { sandbox } = bench.cloud;
  const seed = sandbox.ec2.seed(region);
  // With user data, an Elastic IP and a volume under the customer's key.
  seedRestorable(bench, { Role: 'ci', Stage: 'prod' });
  seed.addInstance({ id: 'i-0aaa0aaa0aaa0aaa0' });
  for (let n = 0; n < herdSize; n += 1) seed.addInstance({ tags: { Herd: 'yes' } });
  seed.addLaunchTemplate({ name: 'web', versions: [{ ImageId: 'resolve:ssm:/web/image' }] });
  const rds = sandbox.rds.seed(account, region);
  const subnetGroup = 'platform-databases';
  rds.addInstance({
    ...{ id: 'circle-db', kmsKeyId: customerKey, subnetGroup },
    ...{ parameterGroup: 'circle-parameters', optionGroup: 'circle-options' },
  });
  rds.addCluster({ id: 'shop', subnetGroup, parameterGroup: 'shop-parameters' });
}

export function deployWorkers(bench: RoleBench): void {
  const common = { logger: silentLogger, clock: bench.cloud.clock };
  bench.addWorker(names.backupWorker, (durableClient) =>
    createBackupHandler({
      ...common,
      durableClient,
      environment: readWorkerEnvironment(bench.environmentOf(names.backupWorker)),
      makeClients: () => bench.clientsOf(names.backupWorker),
    }),
  );
  bench.addWorker(names.rotateWorker, (durableClient) =>
    createRotateHandler({
      ...common,
      durableClient,
      environment: readLoneWorkerEnvironment(bench.environmentOf(names.rotateWorker)),
      clients: bench.clientsOf(names.rotateWorker),
    }),
  );
  deployRestoreWorker(bench);
}

/** Runs it all; what went wrong shows in the record of the roles and in what this answers. */
export async function liveThrough(bench: RoleBench): Promise<readonly string[]> {
  const { sandbox, clock } = bench.cloud;
  const admin = createAwsClients({ region, endpoint: sandbox.url, credentials: sandbox.identity, clock });
  const ends: string[] = [];
  const settle = async () => {
    await sandbox.lambda.idle();
    for (const { functionName, payload, outcome } of sandbox.lambda.events().slice(ends.length))
      ends.push(`${functionName} ${payload} ${outcome?.functionError ? outcome.payload : 'done'}`);
  };
  const minute = () => `${new Date(clock.now()).toISOString().slice(0, 16)}:00Z`;
  const deliver = async (plan: string) => {
    await bench.deliver(plan, minute(), 'start');
    await settle();
  };

  await admin.ssm.send(
    new PutParameterCommand({ Name: '/web/image', Value: 'ami-0123456789abcdef0', Type: 'String' }),
  );
  for (const plan of ['ci', 'fleet', 'herd']) await deliver(plan);
  // The next round is rotated; a database that sleeps makes one of its backups partial, of which people are told.
  for (let round = 0; round < 3; round += 1) {
    clock.advance(day);
    const database = sandbox.rds.inspect(account, region).instances.get('circle-db');
    if (database) database.status = round === 1 ? 'stopped' : 'available';
    for (const plan of ['ci', 'fleet']) await deliver(plan);
  }
  // A run that dies leaves copies that rotation finishes.
  clock.advance(day);
  const died = { plan: 'fleet', slot: minute() };
  await bench.run(names.backupWorker, died, 6).then(
    () => ends.push('the run did not die'),
    () => undefined,
  );
  clock.advance(3 * day);
  await bench.deliver('rotate_daily', minute(), 'rotate');
  await settle();
  // Somebody else's hand is told to people.
  const [gone] = [...sandbox.ec2.region(region).images.values()].filter(({ tags }) =>
    tags.has('snapkeep:managed'),
  );
  await admin.ec2.send(new DeregisterImageCommand({ ImageId: gone?.id }));
  // By hand, a second at most for each: their executions are named by it.
  const damaged = gone?.tags.get('snapkeep:plan') ?? '';
  await bench.call(names.rotate, 'rotate', { plan: damaged });
  await settle();
  await bench.call(names.rotate, 'rotate', { plan: damaged === 'ci' ? 'fleet' : 'ci', dryRun: true });
  await bench.call(names.backup, 'backup', { plan: 'fleet', wait: true });
  await settle();
  clock.advance(day);
  for (const plan of ['ci', 'fleet']) await deliver(plan);
  ends.push(...(await restoreThrough(bench, admin, settle)));
  // What Lambda and Scheduler do with a delivery that fails for good.
  const { functions, schedules } = bench.permissions;
  for (const [name, { deadLettersArn }] of functions) {
    if (deadLettersArn !== undefined)
      bench.require(name, { action: 'sqs:SendMessage', resource: deadLettersArn });
  }
  for (const { name } of schedules) bench.giveUp(name);
  admin.destroy();
  return ends;
}
