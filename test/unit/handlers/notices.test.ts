import { readFileSync } from 'node:fs';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manifest } from '../../../functions/catalog/documents.ts';
import type { RestoreReport } from '../../../functions/catalog/restore-documents.ts';
import { createCloudReporter } from '../../../functions/handlers/cloud-reporter.ts';
import { createNotices } from '../../../functions/handlers/notices.ts';
import { createTellOnceADay } from '../../../functions/handlers/once-a-day.ts';
import { createRestoreReporter } from '../../../functions/handlers/restore-reporter.ts';
import { createRotationReporter } from '../../../functions/handlers/rotate-reporter.ts';
import { usageError } from '../../../functions/shared/errors.ts';
import { eventTypes } from '../../../functions/shared/event-types.ts';
import { silentLogger } from '../../../functions/shared/logger.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';
import type { RotateResult } from '../../../functions/workflows/rotate/ports.ts';
import { aManifest, anAvailablePoint } from '../../support/manifests.ts';
import { MemoryVault } from '../../support/memory-vault.ts';

const sns = mockClient(SNSClient);
const eventbridge = mockClient(EventBridgeClient);
let warnings: [message: string, fields: unknown][];
let errors: [message: string, fields: unknown][];
let measured: Record<string, unknown>[];

beforeEach(() => {
  sns.reset();
  eventbridge.reset();
  sns.on(PublishCommand).resolves({});
  eventbridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  warnings = [];
  errors = [];
  measured = [];
  vi.restoreAllMocks();
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    if (String(chunk).includes('"_aws"')) measured.push(JSON.parse(String(chunk)));
    return true;
  });
});

const bucket = 'acme-vault';
const clock = new VirtualClock(Date.parse('2026-11-20T05:17:42Z'));
const telling = () => {
  const logger = {
    ...silentLogger,
    warn: (...entry: [string, unknown?]) => warnings.push([entry[0], entry[1]]),
    error: (...entry: [string, unknown?]) => errors.push([entry[0], entry[1]]),
  };
  const region = 'eu-west-1';
  const notices = createNotices({
    sns: new SNSClient({ region }),
    eventbridge: new EventBridgeClient({ region }),
    ...{ topicArn: 'arn:aws:sns:eu-west-1:123456789012:ops', deployment: 'prod-eu', logger },
  });
  return { notices, deployment: 'prod-eu', bucket, logger, clock };
};
const backups = () => createCloudReporter(telling());
const rotations = () => {
  const options = telling();
  const tellOnceADay = createTellOnceADay({ ...options, vault: new MemoryVault() });
  return createRotationReporter({ ...options, tellOnceADay });
};

/** The events that were put, each as a rule would see its type and detail. */
const events = () =>
  eventbridge.commandCalls(PutEventsCommand).flatMap(({ args: [{ input }] }) =>
    (input.Entries ?? []).map(({ Source, DetailType, Detail = '' }) => ({
      ...{ source: Source, type: DetailType, size: Buffer.byteLength(Detail) },
      detail: JSON.parse(Detail),
    })),
  );
const subjects = () => sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input.Subject);

describe('the event of a backup', () => {
  it.each([
    ['completed', 'Snapkeep Backup Completed'],
    ['partial', 'Snapkeep Backup Partial'],
    ['failed', 'Snapkeep Backup Failed'],
  ] as const)('that is %s is called %s', async (status, type) => {
    await backups().sealed(aManifest({ status }));
    expect(events()).toMatchObject([{ source: 'snapkeep', type, detail: { status } }]);
    expect(eventTypes.backup).toContain(type);
  });

  it('names everything that a rule may ask for, and where the manifest is', async () => {
    await backups().sealed(aManifest());
    expect(events()[0]?.detail).toEqual({
      version: 1,
      id: 'prod-eu/ci/1795140000_2026_11_20_ci/backup-completed',
      deployment: 'prod-eu',
      plan: 'ci',
      backup_id: '1795140000_2026_11_20_ci',
      slot: '2026-11-20T02:00:00Z',
      status: 'completed',
      consistency: 'crash',
      recovery_points: 1,
      failed_sources: 0,
      lost_sources: [],
      lost_source_count: 0,
      errors: [],
      warnings: [],
      started_at: '2026-11-20T02:00:07Z',
      completed_at: '2026-11-20T02:06:07Z',
      manifest: 's3://acme-vault/ledger/ci/1795140000_2026_11_20_ci/backup_information.json',
    });
  });

  it('has the same id when it is repeated', async () => {
    for (const reporter of [backups(), backups()]) await reporter.sealed(aManifest());
    const [first, second] = events();
    expect(second?.detail.id).toBe(first?.detail.id);
  });

  it('stays far below 256 KB, however much went wrong', async () => {
    const many = Array.from({ length: 5000 }, (_, n) => `ec2/i-${n}: ${'ä'.repeat(2000)}`);
    const manifest: Manifest = aManifest({
      ...{ status: 'failed', errors: many, warnings: many, lost_sources: many.map((_, n) => `ec2/i-${n}`) },
      recovery_points: many.map(() => anAvailablePoint()),
    });
    await backups().sealed(manifest);
    expect(events()[0]?.size).toBeLessThan(200_000);
    expect(events()[0]?.detail).toMatchObject({ lost_source_count: 5000 });
    expect(events()[0]?.detail.errors).toHaveLength(50);
  });

  it('tells of a run that ended without one, with the remedy', async () => {
    const order = { plan: 'ci', slot: '2026-11-20T02:00:00Z' };
    await backups().runFailed(order, usageError('no source', 'check the tags'));
    expect(events()).toMatchObject([
      {
        type: 'Snapkeep Backup Failed',
        detail: { backup_id: '1795140000_2026_11_20_ci', error: 'no source', remedy: 'check the tags' },
      },
    ]);
  });
});

const rotated: RotateResult = {
  ...{ plan: 'ci', state: 'done', run: '20261120t051742-ab12', digest: '0123456789ab', refusals: [] },
  ...{ removed: 2, kept: 0, postponed: 1, notes: [], findings: 0 },
};

describe('the event of a rotation', () => {
  it('names the run and where its result is', async () => {
    await rotations().finished(rotated);
    expect(events()).toMatchObject([
      {
        type: 'Snapkeep Rotation Completed',
        detail: {
          id: 'prod-eu/ci/rotations/20261120t051742-ab12/rotation-completed',
          ...{ removed: 2, kept: 0, postponed: 1 },
          result: 's3://acme-vault/ledger/ci/rotations/20261120t051742-ab12/result.json',
        },
      },
    ]);
  });

  it('that was refused tells why, and the digest that would confirm it', async () => {
    const { run: _run, ...unwritten } = rotated;
    await rotations().finished({ ...unwritten, state: 'refused', refusals: ['too much would go'] });
    expect(events()).toMatchObject([
      {
        type: 'Snapkeep Rotation Refused',
        detail: {
          id: 'prod-eu/ci/rotations/2026-11-20T05:17/rotation-refused',
          ...{ refusals: ['too much would go'], digest: '0123456789ab', result: null },
        },
      },
    ]);
  });

  it('that ended without a result tells its error', async () => {
    await rotations().runFailed({ plan: 'ci' }, new Error('no answer'));
    expect(events()).toMatchObject([{ type: 'Snapkeep Rotation Failed', detail: { error: 'no answer' } }]);
  });
});

describe('the page about events', () => {
  const page = readFileSync('docs/events.md', 'utf8');

  it('names every type', () => {
    for (const type of Object.values(eventTypes).flat()) expect(page).toContain(`| \`${type}\` |`);
  });

  it('names every member of every detail', async () => {
    const report = {
      ...{ metadata_version: 2, request_id: 'one', attempt: 1, deployment: 'prod-eu', plan: 'ci' },
      ...{ backup_id: '1795140000_2026_11_20_ci', application: null, status: 'completed' },
      ...{
        requested_at: '2026-11-20T08:00:00Z',
        completed_at: '2026-11-20T08:09:00Z',
        recovery_seconds: 540,
      },
      ...{ machines: [], databases: [], addresses: [], files: [], steps: [], checks: [], failure: null },
      ...{ warnings: [], remains: [], snapkeep_version: '1.0.0' },
    } satisfies RestoreReport;
    await backups().sealed(aManifest());
    await backups().runFailed({ plan: 'ci', slot: '2026-11-20T02:00:00Z' }, new Error('no'));
    await rotations().finished(rotated);
    await createRestoreReporter(telling()).finished(report);
    expect(events()).toHaveLength(4);
    for (const { detail } of events())
      for (const member of Object.keys(detail)) expect(page).toContain(`\`${member}\``);
  });
});

describe('an event that is not taken', () => {
  it.each([
    [
      'because its entry fails although the request succeeds',
      () =>
        eventbridge.on(PutEventsCommand).resolves({
          FailedEntryCount: 1,
          Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'a bad moment' }],
        }),
      'InternalFailure: a bad moment',
    ],
    [
      'because the service refuses',
      () =>
        eventbridge
          .on(PutEventsCommand)
          .rejects(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })),
      'AccessDeniedException: not authorized',
    ],
  ])('%s is in the log, and people hear of the backup all the same', async (_what, fail, reason) => {
    fail();
    await backups().sealed(aManifest({ status: 'partial' }));
    expect(warnings).toEqual([
      [
        'an event was not taken',
        {
          type: 'Snapkeep Backup Partial',
          id: 'prod-eu/ci/1795140000_2026_11_20_ci/backup-partial',
          reason,
        },
      ],
    ]);
    expect(subjects()).toEqual(['Snapkeep prod-eu: backup of ci is partial']);
  });
});

describe('a message that the topic does not take', () => {
  const refused = Object.assign(new Error('not authorized'), { name: 'AuthorizationErrorException' });

  it('is in the log with all that it says, and does not hide what it was to tell', async () => {
    sns.on(PublishCommand).rejects(refused);
    await backups().runFailed({ plan: 'ci', slot: '2026-11-20T02:00:00Z' }, new Error('no sources'));
    expect(errors).toMatchObject([
      ['run ended without a backup', { error: 'no sources' }],
      [
        'people were not told',
        {
          subject: 'Snapkeep prod-eu: backup of ci failed',
          lines: expect.arrayContaining(['no sources']),
          reason: 'AuthorizationErrorException: not authorized',
        },
      ],
    ]);
    expect(measured).toMatchObject([{ BackupFailed: 1 }]);
    expect(events()).toMatchObject([{ type: 'Snapkeep Backup Failed' }]);
  });
});

describe('a backup that could not be protected', () => {
  const warning = 'ec2/i-1 is not protected as the plan asks: UnauthorizedOperation';
  const bare = aManifest({
    recovery_points: [anAvailablePoint({ unprotected: 'UnauthorizedOperation' })],
    warnings: [warning],
  });

  it('is told to people although it is complete, with the reason', async () => {
    await backups().sealed(bare);
    expect(subjects()).toEqual(['Snapkeep prod-eu: backup of ci is not protected as asked']);
    const [{ args } = { args: [] }] = sns.commandCalls(PublishCommand);
    expect(args[0]?.input.Message).toContain(`Warning: ${warning}`);
  });

  it('is a partial one in the first place when it is that, too', async () => {
    await backups().sealed({ ...bare, status: 'partial' });
    expect(subjects()).toEqual(['Snapkeep prod-eu: backup of ci is partial']);
  });
});

describe('a backup that covers less than the one before it', () => {
  const lost = aManifest({
    lost_sources: ['ec2/i-1', 'ec2/i-2'],
    warnings: ['the plan does not select 2 sources of x any more: ec2/i-1, ec2/i-2'],
  });

  it('is measured', async () => {
    await backups().sealed(lost);
    expect(measured).toMatchObject([
      { LostSources: 2, BackupCompleted: 1, deployment: 'prod-eu', plan: 'ci' },
    ]);
  });

  it('is told to people although it is complete, with the names', async () => {
    await backups().sealed(lost);
    expect(subjects()).toEqual(['Snapkeep prod-eu: backup of ci has lost sources']);
    const [{ args } = { args: [] }] = sns.commandCalls(PublishCommand);
    expect(args[0]?.input.Message).toContain('Warning: the plan does not select 2 sources');
    expect(events()[0]?.detail).toMatchObject({ lost_sources: ['ec2/i-1', 'ec2/i-2'], lost_source_count: 2 });
  });

  it('is not told of when nothing is lost', async () => {
    await backups().sealed(aManifest());
    expect(subjects()).toEqual([]);
    expect(measured).toMatchObject([{ LostSources: 0 }]);
  });
});
