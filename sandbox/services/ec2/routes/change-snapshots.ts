import type {
  CopySnapshotRequest,
  CopySnapshotResult,
  CreateSnapshotRequest,
  CreateSnapshotsRequest,
  CreateSnapshotsResult,
  DeleteSnapshotRequest,
  Snapshot,
  SnapshotInfo,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { ec2Error, endDryRun, invalidValue, missingParameter } from '../errors.ts';
import { findOne, kinds } from '../ids.ts';
import { checkDescription } from '../model/images.ts';
import { instanceLookup, instanceState, volumesOf } from '../model/instances.ts';
import { type Ec2Shared, ownLookup } from '../model/region.ts';
import {
  addSnapshot,
  checkPendingLimits,
  createSnapshot,
  deletionRefusal,
  fixContent,
  removeSnapshot,
  snapshotState,
} from '../model/snapshots.ts';
import { readTagSpecifications, tagList, tagsFor } from '../model/tags.ts';
import { viewSnapshot } from '../views.ts';
import { arbitraryVolume } from './copy-image.ts';
import { ownSnapshotLookup, readableSnapshotLookup } from './describe-snapshots.ts';

/** CreateSnapshot, CreateSnapshots, CopySnapshot and DeleteSnapshot. Their content is fixed by the call itself. */
export function changeSnapshotRoutes(shared: Ec2Shared) {
  const CreateSnapshot: Handler<CreateSnapshotRequest, Snapshot> = (input, { region: name, caller, now }) => {
    const region = shared.region(name);
    const owner = caller.account;
    const volume = findOne(kinds.volume, input.VolumeId ?? '', ownLookup(region.volumes, owner));
    checkDescription(input.Description);
    const tags = readTagSpecifications(input.TagSpecifications, ['snapshot']);
    checkPendingLimits(region, owner, [volume], now);
    endDryRun(input.DryRun);
    const snapshot = createSnapshot(region, volume, {
      owner,
      description: input.Description ?? '',
      tags: tagsFor(tags, 'snapshot'),
      startsAt: now,
    });
    fixContent(region, [snapshot], now);
    return viewSnapshot(snapshot, now);
  };

  const CreateSnapshots: Handler<CreateSnapshotsRequest, CreateSnapshotsResult> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const owner = caller.account;
    const wanted = input.InstanceSpecification;
    if (wanted?.InstanceId === undefined) throw missingParameter('InstanceSpecification.InstanceId');
    const instance = findOne(
      kinds.instance,
      wanted.InstanceId,
      instanceLookup(region, owner, now, { describing: false }),
    );
    if (!/^(running|stopped|stopping)$/.test(instanceState(instance, now)))
      throw ec2Error('IncorrectState', `The instance '${instance.id}' is ${instanceState(instance, now)}.`);
    const excluded = new Set(wanted.ExcludeDataVolumeIds);
    const volumes = volumesOf(region, instance).filter((volume) => {
      const isRoot = volume.attachment?.device === instance.rootDeviceName;
      return isRoot ? wanted.ExcludeBootVolume !== true : !excluded.has(volume.id);
    });
    for (const id of excluded)
      if (!instance.devices.some(({ volumeId }) => volumeId === id))
        throw invalidValue(`The volume '${id}' is not attached to the instance '${instance.id}'.`);
    const tags = readTagSpecifications(input.TagSpecifications, ['snapshot']);
    checkPendingLimits(region, owner, volumes, now);
    endDryRun(input.DryRun);
    const snapshots = volumes.map((volume) => {
      const own = tagsFor(tags, 'snapshot');
      if (input.CopyTagsFromSource === 'volume')
        for (const [key, value] of volume.tags) if (!own.has(key)) own.set(key, value);
      return createSnapshot(region, volume, {
        owner,
        description: input.Description ?? '',
        tags: own,
        startsAt: now,
      });
    });
    fixContent(region, snapshots, now);
    return {
      Snapshots: snapshots.map((snapshot): SnapshotInfo => {
        const {
          SnapshotId,
          VolumeId,
          VolumeSize,
          StartTime,
          Progress,
          OwnerId,
          Description,
          Encrypted,
          State,
        } = viewSnapshot(snapshot, now);
        return {
          SnapshotId,
          VolumeId,
          VolumeSize,
          StartTime,
          Progress,
          OwnerId,
          Description,
          Encrypted,
          State,
          Tags: tagList(snapshot.tags),
        };
      }),
    };
  };

  const CopySnapshot: Handler<CopySnapshotRequest, CopySnapshotResult> = (
    input,
    { region: name, caller, now },
  ) => {
    const region = shared.region(name);
    const owner = caller.account;
    const source = findOne(
      kinds.snapshot,
      input.SourceSnapshotId ?? '',
      readableSnapshotLookup(shared.region(input.SourceRegion ?? ''), owner, now),
    );
    if (snapshotState(source, now) !== 'completed')
      throw ec2Error('IncorrectState', `The snapshot '${source.id}' is not completed.`);
    checkDescription(input.Description);
    if (input.KmsKeyId !== undefined && input.Encrypted !== true)
      throw ec2Error(
        'InvalidParameterDependency',
        'The parameter KmsKeyId requires the parameter Encrypted to be set.',
      );
    const tags = readTagSpecifications(input.TagSpecifications, ['snapshot']);
    checkPendingLimits(region, owner, [], now, 1);
    endDryRun(input.DryRun);
    const encrypted = source.encrypted || input.Encrypted === true;
    const key = input.KmsKeyId ?? (input.SourceRegion === name ? source.kmsKeyId : undefined);
    const copy = addSnapshot(region, {
      owner,
      description: input.Description ?? `[Copied ${source.id} from ${input.SourceRegion}]`,
      tags: tagsFor(tags, 'snapshot'),
      startsAt: now,
      volumeId: arbitraryVolume,
      sizeGiB: source.sizeGiB,
      encrypted,
      kmsKeyId: encrypted ? region.keyArn(owner, key) : undefined,
      mount: source.mount,
    });
    copy.tree = source.tree?.retain();
    return { SnapshotId: copy.id, Tags: tagList(copy.tags) };
  };

  const DeleteSnapshot: Handler<DeleteSnapshotRequest, object> = (input, { region: name, caller, now }) => {
    const region = shared.region(name);
    const snapshot = findOne(
      kinds.snapshot,
      input.SnapshotId ?? '',
      ownSnapshotLookup(region, caller.account, now),
    );
    const refusal = deletionRefusal(snapshot, now);
    if (refusal) throw ec2Error(refusal.code, refusal.message);
    endDryRun(input.DryRun);
    removeSnapshot(region, snapshot);
    return {};
  };

  return { CreateSnapshot, CreateSnapshots, CopySnapshot, DeleteSnapshot };
}
