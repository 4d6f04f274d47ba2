type Undefinable<T> = { [K in keyof T]?: T[K] | undefined };

/** All but the identifier has a default. `status` is any documented status, `available` unless told. */
export interface SeedInstance {
  readonly id: string;
  readonly engine?: string | undefined;
  readonly instanceClass?: string | undefined;
  readonly status?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly subnetGroup?: string | undefined;
  readonly securityGroups?: readonly string[] | undefined;
  readonly parameterGroup?: string | undefined;
  readonly optionGroup?: string | undefined;
  readonly storage?:
    | Undefinable<{ allocatedGib: number; type: string; iops: number; throughput: number }>
    | undefined;
  /** Encrypted with RDS' default key when only `encrypted` is given. */
  readonly kmsKeyId?: string | undefined;
  readonly encrypted?: boolean | undefined;
  readonly multiAz?: boolean | undefined;
  readonly publiclyAccessible?: boolean | undefined;
  readonly availabilityZone?: string | undefined;
  readonly databaseName?: string | undefined;
  readonly masterUsername?: string | undefined;
  readonly port?: number | undefined;
  readonly engineVersion?: string | undefined;
  readonly deletionProtection?: boolean | undefined;
  readonly iamAuthentication?: boolean | undefined;
  readonly copyTagsToSnapshot?: boolean | undefined;
}

export interface SeedMember {
  readonly id: string;
  readonly instanceClass?: string | undefined;
  readonly availabilityZone?: string | undefined;
  readonly promotionTier?: number | undefined;
  readonly parameterGroup?: string | undefined;
  readonly publiclyAccessible?: boolean | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export interface SeedCluster {
  readonly id: string;
  /** `aurora-postgresql` unless told; `postgres` and `mysql` make a Multi-AZ DB cluster, `docdb` and `neptune` exist. */
  readonly engine?: string | undefined;
  readonly engineVersion?: string | undefined;
  readonly engineMode?: string | undefined;
  readonly status?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The first is the writer. One called `<id>-1` unless told; Multi-AZ DB clusters bring their own three. */
  readonly members?: readonly SeedMember[] | undefined;
  readonly subnetGroup?: string | undefined;
  readonly securityGroups?: readonly string[] | undefined;
  readonly parameterGroup?: string | undefined;
  readonly databaseName?: string | undefined;
  readonly masterUsername?: string | undefined;
  readonly port?: number | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly encrypted?: boolean | undefined;
  readonly storageType?: string | undefined;
  readonly serverlessV2?: { readonly min: number; readonly max: number } | undefined;
  readonly deletionProtection?: boolean | undefined;
  readonly iamAuthentication?: boolean | undefined;
  readonly backtrackSeconds?: number | undefined;
  readonly globalCluster?: string | undefined;
  readonly copyTagsToSnapshot?: boolean | undefined;
}

export interface SeedSubnetGroup {
  readonly name: string;
  readonly vpcId: string;
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
}
