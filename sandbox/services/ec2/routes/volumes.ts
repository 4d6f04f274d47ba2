import type { DescribeVolumesRequest, DescribeVolumesResult } from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { describeRecords } from '../describe.ts';
import { type FilterTable, matchingNothing } from '../filters.ts';
import { kinds } from '../ids.ts';
import type { VolumeRecord } from '../model/records.ts';
import type { Ec2Shared } from '../model/region.ts';
import { refuseIdsWithPages } from '../pages.ts';
import { viewVolume } from '../views.ts';

const volumeFilters: FilterTable<VolumeRecord> = {
  ...matchingNothing('availability-zone-id', 'fast-restored', 'operator.managed', 'operator.principal'),
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
    const region = shared.region(request.region);
    refuseIdsWithPages(input.VolumeIds, input.MaxResults, 'volumeSet');
    const question = {
      ...input,
      // "If this value is larger than 1,000, only 1,000 results are returned."
      MaxResults: input.MaxResults === undefined ? undefined : Math.min(1000, input.MaxResults),
    };
    const page = describeRecords(
      region.volumes,
      kinds.volume,
      volumeFilters,
      input.VolumeIds,
      question,
      request,
    );
    return { Volumes: page.items.map(viewVolume), NextToken: page.nextToken };
  };
  return { DescribeVolumes };
}
