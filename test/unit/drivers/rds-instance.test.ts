import {
  CreateDBSnapshotCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRdsInstanceDriver } from '../../../functions/drivers/rds-instance/driver.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import {
  account,
  answer,
  brokenConnection,
  nameFor,
  ownTags,
  region,
  startRequest,
} from '../../support/database-fixtures.ts';

const mock = mockClient(RDSClient);
const driver = createRdsInstanceDriver({
  rds: new RDSClient({ region }),
  region,
  account: async () => account,
  logger: silentLogger,
});
beforeEach(() => {
  mock.reset();
});

const request = startRequest('rds', 'circle-db');
const name = nameFor(request);
const ownCopy = (change = {}) => ({
  DBSnapshotIdentifier: name,
  DBSnapshotArn: `arn:aws:rds:${region}:${account}:snapshot:${name}`,
  DBInstanceIdentifier: 'circle-db',
  DbiResourceId: 'db-ONE',
  Status: 'creating',
  TagList: ownTags(request),
  ...change,
});
const startWith = (error: Error, copies: object[] = [], status?: string) => {
  mock.on(CreateDBSnapshotCommand).rejects(error);
  mock.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: copies });
  if (status !== undefined)
    mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: status }] });
};

describe('start of a DB snapshot', () => {
  it('waits while the database is busy with something that passes', async () => {
    for (const status of [
      'backing-up',
      'modifying',
      'rebooting',
      'starting',
      'upgrading',
      'available',
      'new',
    ]) {
      startWith(answer('InvalidDBInstanceStateFault'), [], status);
      expect(await driver.start(request)).toMatchObject({ state: 'wait' });
    }
  });

  it('fails with a remedy for states that only a person can end', async () => {
    for (const [status, remedy] of [
      ['stopped', 'start it, or leave it out of the plan'],
      ['stopping', 'start it'],
      ['storage-full', 'more storage'],
      ['inaccessible-encryption-credentials', 'KMS key'],
      ['inaccessible-encryption-credentials-recoverable', 'KMS key'],
      ['incompatible-network', 'incompatible-network'],
      ['failed', 'failed'],
      ['deleting', 'deleted'],
    ] as const) {
      startWith(answer('InvalidDBInstanceStateFault'), [], status);
      expect(await driver.start(request)).toEqual({
        state: 'failed',
        reason: expect.stringContaining(remedy),
      });
    }
  });

  it('adopts its own copy when that is what makes the database busy', async () => {
    startWith(answer('InvalidDBInstanceStateFault'), [ownCopy()], 'backing-up');
    expect(await driver.start(request)).toEqual({ state: 'started', id: name, name });
    expect(mock.commandCalls(DescribeDBInstancesCommand)).toHaveLength(0);
  });

  it('fails when the instance vanished between the refusal and the question', async () => {
    startWith(answer('InvalidDBInstanceStateFault'));
    mock.on(DescribeDBInstancesCommand).rejects(answer('DBInstanceNotFoundFault', 404));
    expect(await driver.start(request)).toMatchObject({ state: 'failed' });
  });

  it('waits for an existing copy that is not shown yet', async () => {
    startWith(answer('DBSnapshotAlreadyExistsFault'));
    expect(await driver.start(request)).toMatchObject({
      state: 'wait',
      reason: expect.stringContaining(name),
    });
  });

  it('adopts nothing of another account, source, earlier database, or with other tags', async () => {
    const strangers: [object, string][] = [
      [{ DBSnapshotArn: `arn:aws:rds:${region}:999999999999:snapshot:${name}` }, '999999999999'],
      [{ DBInstanceIdentifier: 'other-db' }, 'other-db'],
      [{ DbiResourceId: 'db-TWO' }, 'earlier'],
      [{ TagList: ownTags(request).slice(1) }, 'tags'],
      [{ TagList: [] }, 'tags'],
      [{ TagList: ownTags({ ...request, slot: '2026-11-21T02:00:00Z' }) }, 'tags'],
    ];
    for (const [change, reason] of strangers) {
      startWith(answer('DBSnapshotAlreadyExistsFault'), [ownCopy(change)]);
      const outcome = await driver.start({ ...request, relaunch: { resource_id: 'db-ONE' } });
      expect(outcome).toEqual({ state: 'failed', reason: expect.stringContaining(reason) });
      expect(outcome.state === 'failed' && outcome.reason).toContain(name);
    }
  });

  it('calls a failed copy of its own spoilt, and one in any other state a failure that names it', async () => {
    startWith(answer('DBSnapshotAlreadyExistsFault'), [ownCopy({ Status: 'failed' })]);
    expect(await driver.start(request)).toMatchObject({ state: 'spoilt', id: name, name });
    startWith(answer('DBSnapshotAlreadyExistsFault'), [ownCopy({ Status: 'deleting' })]);
    expect(await driver.start(request)).toEqual({ state: 'failed', reason: expect.stringContaining(name) });
  });

  it('fails on the quota and says that waiting does not help', async () => {
    startWith(answer('SnapshotQuotaExceededFault', 400, 'Cannot create more than 100 manual snapshots'));
    expect(await driver.start(request)).toEqual({
      state: 'failed',
      reason: expect.stringMatching(/quota of manual DB snapshots.*more than 100.*waiting does not help/),
    });
  });

  it('waits on throttling and on a bad moment of the service', async () => {
    startWith(answer('Throttling'));
    expect(await driver.start(request)).toMatchObject({ state: 'wait', blocksOthers: true });
    startWith(answer('InternalFailure', 500));
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
    startWith(answer('ServiceUnavailable', 503));
    expect(await driver.start(request)).toMatchObject({ state: 'wait' });
  });

  it('fails on a key, a permission or a parameter that the service refuses for this source', async () => {
    for (const code of ['KMSKeyNotAccessibleFault', 'AccessDenied', 'InvalidParameterValue']) {
      startWith(answer(code));
      expect(await driver.start(request)).toMatchObject({ state: 'failed' });
    }
  });

  it('throws what concerns every source: bad credentials and broken connections', async () => {
    for (const error of [answer('ExpiredToken', 403), brokenConnection()]) {
      startWith(error);
      await expect(driver.start(request)).rejects.toBe(error);
    }
  });
});

describe('poll of DB snapshots', () => {
  const copies = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      source: { kind: 'rds' as const, id: `db-${index}`, region },
      relaunch: {},
      id: `snap-${index}`,
      name: `snap-${index}`,
    }));
  const poll = (count: number) =>
    driver.poll({
      deployment: 'prod-eu',
      plan: 'ci',
      backupId: '1795140000_2026_11_20_ci',
      copies: copies(count),
      withContent: false,
      withAbsent: false,
    });

  it('asks for a few by name and for many by one sweep of manual snapshots', async () => {
    mock.on(DescribeDBSnapshotsCommand).resolves({ DBSnapshots: [] });
    await poll(20);
    await poll(21);
    const inputs = mock.commandCalls(DescribeDBSnapshotsCommand).map(({ args }) => args[0].input);
    expect(inputs).toHaveLength(2);
    expect(inputs[0]?.Filters?.[0]).toMatchObject({ Name: 'db-snapshot-id' });
    expect(inputs[0]?.Filters?.[0]?.Values).toHaveLength(20);
    expect(inputs[1]?.Filters).toBeUndefined();
    expect(inputs.map((input) => input.SnapshotType)).toEqual(['manual', 'manual']);
  });

  it('reports progress, size in bytes and the time at which the copy began', async () => {
    mock.on(DescribeDBSnapshotsCommand).resolves({
      DBSnapshots: [
        { DBSnapshotIdentifier: 'snap-0', Status: 'creating', PercentProgress: 42 },
        {
          DBSnapshotIdentifier: 'snap-1',
          Status: 'available',
          AllocatedStorage: 20,
          SnapshotCreateTime: new Date('2026-11-20T02:00:07.9Z'),
        },
        { DBSnapshotIdentifier: 'snap-2', Status: 'incompatible-restore' },
        { DBSnapshotIdentifier: 'snap-3', Status: 'available', AllocatedStorage: 1 },
      ],
    });
    expect(await poll(5)).toEqual([
      { state: 'pending', id: 'snap-0', contentFixed: false, percent: 42 },
      {
        state: 'available',
        id: 'snap-1',
        snapshots: [],
        bytes: 20 * 2 ** 30,
        createdAt: '2026-11-20T02:00:07Z',
      },
      {
        state: 'failed',
        id: 'snap-2',
        snapshots: [],
        reason: expect.stringContaining('incompatible-restore'),
      },
      // Without a time the slot is the best guess.
      {
        state: 'available',
        id: 'snap-3',
        snapshots: [],
        bytes: 2 ** 30,
        createdAt: '2026-11-20T02:00:00Z',
      },
      { state: 'absent', id: 'snap-4' },
    ]);
  });
});
