import { z } from 'zod';

/**
 * The shape of an estate file: what stands in the sandbox's account before anybody calls it. Identifiers are written
 * out rather than made up, so that a configuration beside the file can name them.
 */

const text = z.string().min(1);
const tags = z.record(z.string().min(1).max(128), z.string().max(256)).default({});
const address = z.ipv4();
const hexId = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`), {
    error: `expected an ID such as ${prefix}-0123456789abcdef0`,
  });
const databaseId = z.string().regex(/^[a-z](-?[a-z0-9])*$/, {
  error: 'expected lower-case letters, digits and single hyphens, a letter first',
});
const zone = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, { error: 'expected an Availability Zone such as eu-west-1a' });

/** A path below the root of a machine, written from `/`, without dots that lead elsewhere. */
const machinePath = z.string().regex(/^\/(?!\.\.?(\/|$))[^/]+(\/(?!\.\.?(\/|$))[^/]+)*$/, {
  error: 'expected an absolute path of the machine without `.` and `..`',
});

const treeSchema = z.strictObject({
  /** A folder of plain files, relative to the estate file. */
  files: text,
  /** Modes other than 0644 (0755 for folders and programs), as four octal digits in quotes. */
  modes: z
    .record(
      machinePath,
      z.string().regex(/^[0-7]{4}$/, { error: 'expected four octal digits in quotes, "0600"' }),
    )
    .default({}),
  /** `uid:gid` in quotes; needs root, so it is left out when the sandbox runs as anybody else. */
  owners: z
    .record(machinePath, z.string().regex(/^\d{1,9}:\d{1,9}$/, { error: 'expected "uid:gid" in quotes' }))
    .default({}),
  /** Symbolic links and what they say, word for word: an absolute target is one of the machine. */
  links: z.record(machinePath, text).default({}),
  /** Folders that hold nothing. */
  directories: z.array(machinePath).default([]),
});

const volumeSchema = z.strictObject({
  device: text,
  sizeGiB: z.int().min(1).max(65_536),
  type: z.enum(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']).default('gp3'),
  /** Where the machine mounts it; the first volume is `/`, and a volume without a mount point stays empty. */
  mount: machinePath.optional(),
  encrypted: z.boolean().default(false),
  kmsKey: text.optional(),
});

const machineShape = {
  type: text.default('t3.medium'),
  subnet: hexId('subnet'),
  securityGroups: z.array(hexId('sg')).min(1),
  instanceProfile: text.optional(),
  keyPair: text.optional(),
  volumes: z
    .array(volumeSchema)
    .min(1)
    .default([{ device: '/dev/xvda', sizeGiB: 8, type: 'gp3', encrypted: false }]),
  state: z.enum(['running', 'stopped']).default('running'),
  tags,
};

const instanceSchema = z
  .strictObject({
    id: hexId('i'),
    privateIp: address,
    /** An address that lasts as long as the machine runs. */
    publicIp: address.optional(),
    elasticIp: z.strictObject({ allocation: hexId('eipalloc'), address }).optional(),
    userData: text.optional(),
    tree: treeSchema.optional(),
    ...machineShape,
  })
  .refine((instance) => instance.publicIp === undefined || instance.elasticIp === undefined, {
    error: 'an instance has a public address or an Elastic IP, not both',
    path: ['publicIp'],
  });

/** Machines that differ in nothing: `<name>-1` to `<name>-<count>`, without a tree, with made-up IDs. */
const fleetSchema = z.strictObject({ name: text, count: z.int().min(1).max(10_000), ...machineShape });

const databaseShape = {
  id: databaseId,
  engine: text,
  engineVersion: text,
  subnetGroup: text.optional(),
  securityGroups: z.array(hexId('sg')).default([]),
  parameterGroup: text.optional(),
  kmsKey: text.optional(),
  status: text.default('available'),
  tags,
};

const databaseSchema = z.strictObject({
  class: text,
  allocatedGiB: z.int().min(5).max(65_536),
  storageType: text.default('gp3'),
  databaseName: text.optional(),
  username: text.optional(),
  multiAz: z.boolean().default(false),
  ...databaseShape,
});

const clusterSchema = z.strictObject({
  databaseName: text.optional(),
  username: text.optional(),
  members: z
    .array(
      z.strictObject({
        id: databaseId,
        class: text,
        zone: zone.optional(),
        promotionTier: z.int().min(0).max(15).optional(),
      }),
    )
    .default([]),
  ...databaseShape,
});

const bucketSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
    error: 'expected a bucket name (3 to 63 of a-z 0-9 . -)',
  }),
  versioning: z.boolean().default(false),
  objectLock: z
    .strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: z.int().min(1).max(36_500) })
    .optional(),
});

export const estateSchema = z.strictObject({
  version: z.literal(1),
  account: z.string().regex(/^\d{12}$/, { error: 'expected the 12 digits of an account, in quotes' }),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'expected a Region such as eu-west-1' }),
  /** Whose keys the sandbox accepts; the sandbox's own ones when left out. */
  identity: z
    .strictObject({
      accessKeyId: z.string().regex(/^[A-Z0-9]{16,128}$/),
      secretAccessKey: z.string().min(8),
      user: text.default('sandbox'),
    })
    .optional(),
  vpcs: z.array(z.strictObject({ id: hexId('vpc'), cidr: z.cidrv4(), tags })).default([]),
  subnets: z
    .array(z.strictObject({ id: hexId('subnet'), vpc: hexId('vpc'), cidr: z.cidrv4(), zone, tags }))
    .default([]),
  securityGroups: z
    .array(
      z.strictObject({
        id: hexId('sg'),
        vpc: hexId('vpc'),
        name: text,
        description: text,
        /** TCP ports that are let out, and to where; everything when left out. */
        egress: z.array(z.strictObject({ port: z.int().min(1).max(65_535), cidr: z.cidrv4() })).optional(),
        tags,
      }),
    )
    .default([]),
  keyPairs: z.array(z.strictObject({ name: text, id: hexId('key').optional() })).default([]),
  /** Those that machines above have are there anyway; further ones for machines to come. */
  instanceProfiles: z.array(text).default([]),
  instances: z.array(instanceSchema).default([]),
  fleets: z.array(fleetSchema).default([]),
  subnetGroups: z
    .array(z.strictObject({ name: databaseId, vpc: hexId('vpc'), subnets: z.array(hexId('subnet')).min(1) }))
    .default([]),
  databases: z.array(databaseSchema).default([]),
  clusters: z.array(clusterSchema).default([]),
  buckets: z.array(bucketSchema).default([]),
});

export type Estate = z.infer<typeof estateSchema>;
export type EstateInstance = Estate['instances'][number];
export type EstateFleet = Estate['fleets'][number];
export type EstateTree = NonNullable<EstateInstance['tree']>;
