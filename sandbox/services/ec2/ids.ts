import { ec2Error } from './errors.ts';

export interface ResourceKind {
  readonly prefix: string;
  readonly malformed: string;
  readonly notFound: string;
  /** The sentence for one or several missing ids. */
  missing(ids: readonly string[]): string;
}

const plural = (one: string, many: string) => (ids: readonly string[]) =>
  ids.length === 1 ? `The ${one} '${ids[0]}' does not exist` : `The ${many} '${ids.join(', ')}' do not exist`;

/** How each kind of resource is named, and what the API answers for ids that are malformed or unknown. */
export const kinds = {
  instance: {
    prefix: 'i-',
    malformed: 'InvalidInstanceID.Malformed',
    notFound: 'InvalidInstanceID.NotFound',
    missing: plural('instance ID', 'instance IDs'),
  },
  image: {
    prefix: 'ami-',
    malformed: 'InvalidAMIID.Malformed',
    notFound: 'InvalidAMIID.NotFound',
    missing: (ids) =>
      ids.length === 1
        ? `The image id '[${ids[0]}]' does not exist`
        : `The image ids '[${ids.join(', ')}]' do not exist`,
  },
  snapshot: {
    prefix: 'snap-',
    malformed: 'InvalidSnapshotID.Malformed',
    notFound: 'InvalidSnapshot.NotFound',
    missing: (ids) => `The snapshot '${ids[0]}' does not exist.`,
  },
  volume: {
    prefix: 'vol-',
    malformed: 'InvalidVolumeID.Malformed',
    notFound: 'InvalidVolume.NotFound',
    missing: (ids) => `The volume '${ids[0]}' does not exist.`,
  },
  vpc: {
    prefix: 'vpc-',
    malformed: 'InvalidVpcID.Malformed',
    notFound: 'InvalidVpcID.NotFound',
    missing: plural('vpc ID', 'vpc IDs'),
  },
  subnet: {
    prefix: 'subnet-',
    malformed: 'InvalidSubnetID.Malformed',
    notFound: 'InvalidSubnetID.NotFound',
    missing: plural('subnet ID', 'subnet IDs'),
  },
  securityGroup: {
    prefix: 'sg-',
    malformed: 'InvalidGroupId.Malformed',
    notFound: 'InvalidGroup.NotFound',
    missing: plural('security group', 'security groups'),
  },
  networkInterface: {
    prefix: 'eni-',
    malformed: 'InvalidNetworkInterfaceId.Malformed',
    notFound: 'InvalidNetworkInterfaceID.NotFound',
    missing: plural('networkInterface ID', 'networkInterface IDs'),
  },
  address: {
    prefix: 'eipalloc-',
    malformed: 'InvalidAllocationID.Malformed',
    notFound: 'InvalidAllocationID.NotFound',
    missing: plural('allocation ID', 'allocation IDs'),
  },
  keyPair: {
    prefix: 'key-',
    malformed: 'InvalidKeyPair.Malformed',
    notFound: 'InvalidKeyPair.NotFound',
    missing: plural('key pair', 'key pairs'),
  },
  launchTemplate: {
    prefix: 'lt-',
    malformed: 'InvalidLaunchTemplateId.Malformed',
    notFound: 'InvalidLaunchTemplateId.NotFound',
    missing: (ids) => `The specified launch template, with template ID ${ids[0]}, does not exist.`,
  },
} satisfies Record<string, ResourceKind>;

/** Ids are 17 hexadecimal digits; those of resources from before 2016 have 8. */
export function checkId(kind: ResourceKind, id: string): void {
  if (id.startsWith(kind.prefix) && /^([0-9a-f]{8}|[0-9a-f]{17})$/.test(id.slice(kind.prefix.length))) return;
  const hint = id.startsWith(kind.prefix) ? '' : ` (expecting "${kind.prefix}...")`;
  throw ec2Error(kind.malformed, `Invalid id: "${id}"${hint}`);
}

/** The records of all ids, in the order asked for; one error names every id that is not there. */
export function findAll<R>(
  kind: ResourceKind,
  ids: readonly string[],
  find: (id: string) => R | undefined,
): R[] {
  for (const id of ids) checkId(kind, id);
  const found: R[] = [];
  const missing: string[] = [];
  for (const id of new Set(ids)) {
    const record = find(id);
    if (record === undefined) missing.push(id);
    else found.push(record);
  }
  if (missing.length > 0) throw ec2Error(kind.notFound, kind.missing(missing));
  return found;
}

export function findOne<R>(kind: ResourceKind, id: string, find: (id: string) => R | undefined): R {
  checkId(kind, id);
  const record = find(id);
  if (record === undefined) throw ec2Error(kind.notFound, kind.missing([id]));
  return record;
}
