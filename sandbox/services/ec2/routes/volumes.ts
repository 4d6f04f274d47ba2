import type { DescribeVolumesRequest, DescribeVolumesResult } from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { endDryRun } from '../errors.ts';
import { compileFilters, type FilterTable } from '../filters.ts';
import { findAll, kinds } from '../ids.ts';
import type { VolumeRecord } from '../model/records.ts';
import { type Ec2Shared, ownedBy, visibleLookup } from '../model/region.ts';
import { paginate, refuseIdsWithPages } from '../pages.ts';
import { viewVolume } from '../views.ts';

const volumeFilters: FilterTable<VolumeRecord> = {
  'attachment.attach-time': ({ attachment }) => attachment && new Date(attachment.attachedAt).toISOString(),
  'attachment.delete-on-termination': ({ attachment }) => attachment?.deleteOnTermination,
  'attachment.device': ({ attachment }) => attachment?.device,
  'attachment.instance-id': ({ attachment }) => attachment?.instanceId,
  'attachment.status': ({ attachment }) => (attachment ? 'attached' : undefined),
  'availability-zone': (volume) => volume.zone,
  'create-time': (volume) => new Date(volume.createdAt).toISOString(),
  encrypted: (volume) => volume.encrypted,
  'multi-attach-enabled': () => false,
  size: (volume) => volume.sizeGiB,
  'snapshot-id': (volume) => volume.snapshotId,
  status: (volume) => (volume.attachment ? 'in-use' : 'available'),
  'volume-id': (volume) => volume.id,
  'volume-type': (volume) => volume.volumeType,
};

export function volumeRoutes(shared: Ec2Shared) {
  const DescribeVolumes: Handler<DescribeVolumesRequest, DescribeVolumesResult> = (input, request) => {
    const { caller, now } = request;
    const region = shared.region(request.region);
    refuseIdsWithPages(input.VolumeIds, input.MaxResults, 'volumeSet');
    const matches = compileFilters(input.Filters, volumeFilters, (volume) => volume.tags);
    const candidates = input.VolumeIds?.length
      ? findAll(kinds.volume, input.VolumeIds, visibleLookup(region.volumes, caller.account, now)).sort(
          (a, b) => a.order - b.order,
        )
      : [...ownedBy(region.volumes, caller.account, now)];
    const page = paginate(candidates.filter(matches), {
      maxResults: input.MaxResults === undefined ? undefined : Math.min(1000, input.MaxResults),
      nextToken: input.NextToken,
      scope: 'DescribeVolumes',
    });
    endDryRun(input.DryRun);
    return { Volumes: page.items.map(viewVolume), NextToken: page.nextToken };
  };
  return { DescribeVolumes };
}
