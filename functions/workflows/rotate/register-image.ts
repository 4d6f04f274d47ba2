import type { CatalogPoint } from '../../catalog/catalog.ts';
import type { Manifest } from '../../catalog/documents.ts';
import type { Json } from '../../shared/durable.ts';

/**
 * The command that makes an AMI of the snapshots that one left behind, or undefined when its root volume is not among
 * them. Which snapshot is of which device follows from the volume that it was made of; where the service does not tell
 * that, from the order, which is the same in instance and image.
 */
export function registerImageCommand(manifest: Manifest, point: CatalogPoint): string | undefined {
  const { recorded, source, strays } = point;
  if (source.kind !== 'ec2') return undefined;
  const { relaunch } = recorded;
  const devices = devicesOf(relaunch.block_devices);
  const order = recorded.snapshots ?? [];
  const mappings = devices.flatMap(({ device, volume }, index) => {
    const stray =
      strays.find((each) => each.volume !== undefined && each.volume === volume) ??
      (devices.length === order.length
        ? strays.find(({ id, volume }) => volume === undefined && id === order[index])
        : undefined);
    return stray ? [{ DeviceName: device, Ebs: { SnapshotId: stray.id } }] : [];
  });
  const root = textOf(relaunch.root_device) ?? devices[0]?.device;
  if (root === undefined || !mappings.some(({ DeviceName }) => DeviceName === root)) return undefined;
  return [
    'aws ec2 register-image',
    `--region ${source.region}`,
    `--name ${quote(recorded.name ?? `${manifest.backup_id}-${source.id}`)}`,
    `--description ${quote(`${source.id} from ${manifest.backup_id}`)}`,
    `--architecture ${quote(textOf(relaunch.architecture) ?? 'x86_64')}`,
    '--virtualization-type hvm',
    '--ena-support',
    `--root-device-name ${quote(root)}`,
    `--block-device-mappings ${quote(JSON.stringify(mappings))}`,
  ].join(' ');
}

function devicesOf(value: Json | undefined): { device: string; volume: string | undefined }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('device' in entry)) return [];
    const volume = 'volume' in entry && typeof entry.volume === 'string' ? entry.volume : undefined;
    return typeof entry.device === 'string' ? [{ device: entry.device, volume }] : [];
  });
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** As one word of a POSIX shell. */
const quote = (text: string): string =>
  /^[\w./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
