import { describe, expect, it } from 'vitest';
import { Ledger } from '../../functions/catalog/ledger.ts';
import { RotationLedger } from '../../functions/catalog/rotation-ledger.ts';
import { backupIdOf, tagKeys } from '../../functions/shared/names.ts';
import { backupWorkflow } from '../../functions/workflows/backup/backup.ts';
import { assess } from '../../functions/workflows/rotate/assess.ts';
import { rotateWorkflow } from '../../functions/workflows/rotate/rotate.ts';
import { type Cloud, region, startCloud, startProcess } from '../support/cloud.ts';
import { MemoryVault } from '../support/memory-vault.ts';
import { naiveRetention } from '../support/naive-retention.ts';
import { aPlan } from '../support/plans.ts';
import { rotationOf } from '../support/rotating-cloud.ts';
import { policy } from '../support/rotation-bench.ts';

const hour = 3_600_000;
const days = 90;
const plan = aPlan({
  schedule: { expression: 'rate(1 hour)', timezone: 'Europe/Berlin' },
  ...policy({ hourly: 24, daily: 7, weekly: 4, monthly: 2 }),
});

describe('ninety days of hourly backups, rotated every day', () => {
  it('end with exactly the set of the policy, no orphan snapshot, and every look-alike untouched', async () => {
    const cloud = await startCloud({ snapshotSeconds: 1 });
    try {
      const { id } = cloud.sandbox.ec2.seed(region).addInstance({ tags: { Backup: 'yes' } });
      const alike = addLookAlikes(cloud, id);
      const { engine, clients, ...process } = startProcess(cloud, { plans: [plan] });
      // The copies are the sandbox's; 2,160 backups with their ledger in S3 would take twice the time.
      const vault = new MemoryVault();
      const deps = { ...process.deps, ledger: new Ledger(vault) };
      const rotation = { ...rotationOf({ clients, deps }), ledger: new RotationLedger(vault) };
      const slots: string[] = [];
      const first = Date.parse('2026-11-20T03:00:00Z');
      for (let n = 0; n < days * 24; n += 1) {
        const due = first + n * hour;
        cloud.clock.advance(due - cloud.clock.now());
        const slot = new Date(due).toISOString().replace('.000Z', 'Z');
        slots.push(slot);
        await engine().run(backupWorkflow(deps), { plan: 'fleet', slot });
        if (n % 24 === 23) {
          const { state, findings } = await engine().run(rotateWorkflow(rotation), { plan: 'fleet' });
          expect({ state, findings }).toEqual({
            state: n === 23 ? 'idle' : 'done',
            findings: alike.foreign.length,
          });
        }
      }
      const verdicts = naiveRetention(
        slots.map((slot) => Date.parse(slot)).reverse(),
        plan.retention,
        plan.schedule.timezone,
        cloud.clock.now(),
      );
      const expected = slots.toReversed().filter((_, index) => (verdicts[index]?.reasons.size ?? 0) > 0);
      const { assessment } = await assess(rotation, 'fleet');
      expect(assessment.decisions.map(({ backupId }) => backupId)).toEqual(
        expected.map((slot) => backupIdOf(slot, 'fleet')),
      );
      const ours = assessment.decisions.map((decision) => decision.id);
      const { images, snapshots } = cloud.sandbox.ec2.region(region);
      expect([...images.keys()].sort()).toEqual([...ours, ...alike.images].sort());
      const kept = [...images.values()].flatMap(({ devices }) => devices.map(({ snapshot }) => snapshot?.id));
      expect([...snapshots.keys()].sort()).toEqual([...kept].sort());
      expect(assessment.findings.map((finding) => finding.id).sort()).toEqual(alike.foreign.sort());
      clients.destroy();
      expect(cloud.sandbox.internalErrors).toEqual([]);
    } finally {
      await cloud.close();
    }
  }, 300_000);
});

function addLookAlikes(cloud: Cloud, source: string): { images: string[]; foreign: string[] } {
  const seed = cloud.sandbox.ec2.seed(region);
  const tags = {
    [tagKeys.managed]: 'prod-eu',
    [tagKeys.plan]: 'fleet',
    [tagKeys.source]: `ec2/${source}`,
    [tagKeys.backupId]: '1700000000_2023_11_14_fleet',
  };
  const name = 'snapkeep-prod-eu-0123456789-20231114t2213-a';
  const samePrefix = seed.addImage({ name: `${name}1` });
  const otherAccount = seed.addImage({ name: `${name}2`, tags, account: '210987654321' });
  const otherDeployment = seed.addImage({
    name: `${name}3`,
    tags: { ...tags, [tagKeys.managed]: 'prod-us' },
  });
  const claimsToBeOurs = seed.addImage({ name: `${name}4`, tags });
  const ofARealBackup = seed.addImage({
    name: `${name}5`,
    tags: { ...tags, [tagKeys.backupId]: backupIdOf('2026-11-20T03:00:00Z', 'fleet') },
  });
  const images = [samePrefix, otherAccount, otherDeployment, claimsToBeOurs, ofARealBackup].map(
    ({ id }) => id,
  );
  return { images, foreign: [claimsToBeOurs.id, ofARealBackup.id] };
}
