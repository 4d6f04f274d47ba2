import { addImage } from './model/images.ts';
import type { ImageRecord } from './model/records.ts';
import type { RegionState } from './model/region.ts';
import { addSnapshot } from './model/snapshots.ts';

export interface SeedImage {
  readonly id?: string;
  /** Default: 123456789012. */
  readonly account?: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly architecture?: 'x86_64' | 'arm64';
  readonly imdsSupport?: 'v2.0';
  /** Accounts that may launch it, or `all`. */
  readonly sharedWith?: readonly string[];
  /** Root volume first. Default: 8 GiB on /dev/xvda. */
  readonly devices?: readonly {
    device: string;
    sizeGiB: number;
    snapshotId?: string;
    tree?: string;
    mount?: string;
  }[];
}

/** An image with completed snapshots; a device may name a snapshot that is there already. */
export function seedImage(region: RegionState, options: SeedImage): ImageRecord {
  const owner = options.account ?? '123456789012';
  const now = region.shared.world.now();
  const devices = options.devices ?? [{ device: '/dev/xvda', sizeGiB: 8 }];
  const [root] = devices;
  if (!root) throw new Error(`The image ${options.name} has no root device.`);
  const image = addImage(region, {
    ...(options.id === undefined ? {} : { id: options.id }),
    owner,
    name: options.name,
    description: '',
    tags: new Map(Object.entries(options.tags ?? {})),
    architecture: options.architecture ?? 'x86_64',
    rootDeviceName: root.device,
    devices: devices.map(({ device, sizeGiB, snapshotId, tree, mount }, index) => {
      const known = snapshotId === undefined ? undefined : region.snapshots.get(snapshotId);
      const snapshot =
        known ??
        addSnapshot(region, {
          ...(snapshotId === undefined ? {} : { id: snapshotId }),
          owner,
          description: '',
          tags: new Map(),
          startsAt: now,
          seeded: true,
          volumeId: 'vol-ffffffff',
          sizeGiB,
          encrypted: false,
          kmsKeyId: undefined,
          mount: index === 0 ? '/' : mount,
        });
      if (tree !== undefined) snapshot.tree = region.shared.trees.template(tree);
      return {
        device,
        snapshot,
        virtualName: undefined,
        sizeGiB,
        volumeType: 'gp3' as const,
        iops: 3000,
        throughput: 125,
        encrypted: snapshot.encrypted,
        deleteOnTermination: true,
      };
    }),
    imdsSupport: options.imdsSupport,
    readyAt: now,
    seeded: true,
  });
  for (const account of options.sharedWith ?? []) image.sharedWith.add(account);
  return image;
}
