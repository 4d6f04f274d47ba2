/**
 * EC2's resources as policies see them: ARNs and condition keys after "Actions, resources, and condition keys for
 * Amazon EC2" in the Service Authorization Reference.
 */
import type { RequestContext } from '../../service.ts';
import { instanceLookup } from '../../services/ec2/model/instances.ts';
import type {
  ImageRecord,
  InstanceRecord,
  NetworkInterfaceRecord,
  Resource,
  SnapshotRecord,
  VolumeRecord,
} from '../../services/ec2/model/records.ts';
import type { RegionState } from '../../services/ec2/model/region.ts';
import type { Context } from '../request-values.ts';
import { arnOf, type Target, tagValues } from './demand.ts';

export type Ec2Type =
  | 'elastic-ip'
  | 'image'
  | 'instance'
  | 'key-pair'
  | 'launch-template'
  | 'network-interface'
  | 'security-group'
  | 'snapshot'
  | 'subnet'
  | 'volume'
  | 'vpc';

/** Which resource type an id belongs to, for the calls that take ids of any. */
const typesByPrefix: Readonly<Record<string, Ec2Type>> = {
  ami: 'image',
  eipalloc: 'elastic-ip',
  eni: 'network-interface',
  i: 'instance',
  key: 'key-pair',
  lt: 'launch-template',
  sg: 'security-group',
  snap: 'snapshot',
  subnet: 'subnet',
  vol: 'volume',
  vpc: 'vpc',
};

export const typeOfId = (id: string): Ec2Type | undefined => typesByPrefix[id.slice(0, id.indexOf('-'))];

/** The resources that one request names. */
export class Ec2Resources {
  readonly region: RegionState;
  readonly #account: string;
  readonly #now: number;

  constructor(region: RegionState, { caller, now }: Pick<RequestContext, 'caller' | 'now'>) {
    this.region = region;
    this.#account = caller.account;
    this.#now = now;
  }

  /** Images and snapshots carry no account in their ARNs. */
  arn(type: Ec2Type, id: string, owner = this.#account): string {
    const account = type === 'image' || type === 'snapshot' ? '' : owner;
    return arnOf({ service: 'ec2', region: this.region.name, account, resource: `${type}/${id}` });
  }

  /** Something that the request makes: it has no id yet, and policies are asked about `<type>/*`. */
  fresh(type: Ec2Type, context: Context = {}): Target {
    return { resource: this.arn(type, '*'), context };
  }

  of(type: Ec2Type, id: string): Target {
    const record = this.#find(type, id);
    if (!record) return { resource: this.arn(type, id), missing: true };
    const tags = [...record.tags];
    return {
      resource: this.arn(type, type === 'key-pair' ? this.#keyName(id) : id, record.owner),
      owner: record.owner,
      context: {
        ...this.#keysOf(type, record),
        ...tagValues('aws:ResourceTag/', tags),
        ...tagValues('ec2:ResourceTag/', tags),
      },
    };
  }

  all(type: Ec2Type, ids: readonly (string | undefined)[] | undefined): Target[] {
    return (ids ?? []).flatMap((id) => (id === undefined ? [] : [this.of(type, id)]));
  }

  image(id: string | undefined): ImageRecord | undefined {
    return id === undefined ? undefined : this.region.images.get(id);
  }

  instance(id: string | undefined): InstanceRecord | undefined {
    if (id === undefined) return undefined;
    return instanceLookup(this.region, this.#account, this.#now, { describing: false })(id);
  }

  keyPairNamed(name: string): Target {
    for (const pair of this.region.keyPairs.values())
      if (pair.owner === this.#account && pair.name === name) return this.of('key-pair', pair.id);
    return { resource: this.arn('key-pair', name), missing: true };
  }

  #keyName(id: string): string {
    return this.region.keyPairs.get(id)?.name ?? id;
  }

  #find(type: Ec2Type, id: string): Resource | undefined {
    const { region } = this;
    const records: Readonly<Record<Ec2Type, ReadonlyMap<string, Resource>>> = {
      'elastic-ip': region.addresses,
      image: region.images,
      instance: region.instances,
      'key-pair': region.keyPairs,
      'launch-template': region.launchTemplates,
      'network-interface': region.interfaces,
      'security-group': region.securityGroups,
      snapshot: region.snapshots,
      subnet: region.subnets,
      volume: region.volumes,
      vpc: region.vpcs,
    };
    return type === 'instance' ? this.instance(id) : records[type].get(id);
  }

  #keysOf(type: Ec2Type, { id }: Resource): Context {
    const { images, instances, snapshots, volumes, interfaces, subnets, securityGroups } = this.region;
    const found = {
      image: images.get(id),
      instance: instances.get(id),
      snapshot: snapshots.get(id),
      volume: volumes.get(id),
      interface: interfaces.get(id),
      place: subnets.get(id) ?? securityGroups.get(id),
    };
    if (found.image) return imageKeys(found.image);
    if (found.instance) return instanceKeys(found.instance);
    if (found.snapshot) return this.#snapshotKeys(found.snapshot);
    if (found.volume) return this.volumeKeys(found.volume);
    if (found.interface) return this.#interfaceKeys(found.interface);
    if (found.place) {
      const name = type === 'subnet' ? 'ec2:SubnetID' : 'ec2:SecurityGroupID';
      const zone = 'zone' in found.place ? found.place.zone : undefined;
      return { [name]: id, 'ec2:Vpc': this.arn('vpc', found.place.vpcId), 'ec2:AvailabilityZone': zone };
    }
    if (type === 'key-pair') return { 'ec2:KeyPairName': this.#keyName(id) };
    const address = this.region.addresses.get(id);
    if (!address) return {};
    return { 'ec2:AllocationId': id, 'ec2:Domain': 'vpc', 'ec2:PublicIpAddress': address.publicIp };
  }

  volumeKeys({ id, sizeGiB, volumeType, encrypted, snapshotId, zone }: VolumeRecord): Context {
    return {
      'ec2:VolumeID': id,
      'ec2:AvailabilityZone': zone,
      'ec2:VolumeSize': String(sizeGiB),
      'ec2:VolumeType': volumeType,
      'ec2:Encrypted': String(encrypted),
      'ec2:ParentSnapshot': snapshotId === undefined ? undefined : this.arn('snapshot', snapshotId),
    };
  }

  #snapshotKeys({ id, owner, volumeId, sizeGiB, encrypted, createdAt }: SnapshotRecord): Context {
    return {
      'ec2:SnapshotID': id,
      'ec2:Owner': owner,
      'ec2:ParentVolume': this.arn('volume', volumeId, owner),
      'ec2:VolumeSize': String(sizeGiB),
      'ec2:Encrypted': String(encrypted),
      'ec2:SnapshotTime': new Date(createdAt).toISOString(),
    };
  }

  #interfaceKeys({ id, subnetId, vpcId, zone }: NetworkInterfaceRecord): Context {
    return {
      'ec2:NetworkInterfaceID': id,
      'ec2:Subnet': this.arn('subnet', subnetId),
      'ec2:Vpc': this.arn('vpc', vpcId),
      'ec2:AvailabilityZone': zone,
    };
  }
}

function imageKeys({ id, owner, sharedWith }: ImageRecord): Context {
  return {
    'ec2:ImageID': id,
    'ec2:ImageType': 'machine',
    'ec2:Owner': owner,
    'ec2:Public': String(sharedWith.has('all')),
    'ec2:RootDeviceType': 'ebs',
  };
}

function instanceKeys({ id, type, zone, profile, ebsOptimized, metadata }: InstanceRecord): Context {
  return {
    'ec2:InstanceID': id,
    'ec2:InstanceType': type,
    'ec2:AvailabilityZone': zone,
    'ec2:InstanceProfile': profile?.arn,
    'ec2:EbsOptimized': String(ebsOptimized),
    'ec2:RootDeviceType': 'ebs',
    'ec2:Tenancy': 'default',
    'ec2:MetadataHttpTokens': metadata.HttpTokens,
    'ec2:MetadataHttpEndpoint': metadata.HttpEndpoint,
    'ec2:MetadataHttpPutResponseHopLimit':
      metadata.HttpPutResponseHopLimit === undefined ? undefined : String(metadata.HttpPutResponseHopLimit),
  };
}
