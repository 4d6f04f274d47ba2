/**
 * The resources of Amazon RDS as policies see them, after "Actions, resources, and condition keys for Amazon RDS" in
 * the Service Authorization Reference: named by the identifiers that their owner chose.
 */
import type { RequestContext } from '../../service.ts';
import { type ArnType, arnOf, bareIdentifier, parseArn } from '../../services/rds/identifiers.ts';
import type { Holdings } from '../../services/rds/model.ts';
import type { Context } from '../request-values.ts';
import { type PlainTag, pairs, requestTags, type Target, tagValues } from './demand.ts';

interface Tagged {
  readonly tags: ReadonlyMap<string, string>;
}

/** The service's own names for the tags of a resource, beside `aws:ResourceTag/`. */
const tagKeys: Readonly<Record<ArnType, string>> = {
  db: 'rds:db-tag/',
  cluster: 'rds:cluster-tag/',
  snapshot: 'rds:snapshot-tag/',
  'cluster-snapshot': 'rds:cluster-snapshot-tag/',
  subgrp: 'rds:subgrp-tag/',
  pg: 'rds:pg-tag/',
  'cluster-pg': 'rds:cluster-pg-tag/',
  og: 'rds:og-tag/',
};

export class RdsResources {
  readonly holdings: Holdings;

  constructor(holdings: Holdings) {
    this.holdings = holdings;
  }

  arn(type: ArnType, id: string): string {
    return arnOf(type, this.holdings.region, this.holdings.account, id);
  }

  /** Something that exists, by identifier or ARN. */
  of(type: ArnType, name: string): Target {
    const id = bareIdentifier(name, type, this.holdings);
    // An ARN of another account or Region names nothing here.
    const resource = parseArn(id) ? id : this.arn(type, id);
    const found = this.#find(type, id);
    if (found === 'untagged') return { resource };
    if (!found) return { resource, missing: true };
    const tags = [...found.tags];
    const isCluster = type === 'db' && this.holdings.instances.get(id)?.clusterId !== undefined;
    return {
      resource,
      context: {
        ...tagValues('aws:ResourceTag/', tags),
        ...tagValues(tagKeys[type], tags),
        'rds:Vpc': type === 'db' ? String(!isCluster) : undefined,
      },
    };
  }

  /** What lists all of a type is authorized on the pattern, `...:db:*`. */
  listed(type: ArnType, name: string | undefined): Target {
    return name === undefined || name === '' ? { resource: this.arn(type, '*') } : this.of(type, name);
  }

  /** Something new under a name that the request chooses. RDS stores names in lower case. */
  named(type: ArnType, name: string | undefined): Target {
    return { resource: this.arn(type, (name ?? '').toLowerCase()) };
  }

  #find(type: ArnType, id: string): Tagged | 'untagged' | undefined {
    const { instances, clusters, snapshots, clusterSnapshots } = this.holdings;
    if (type === 'db') return instances.get(id);
    if (type === 'cluster') return clusters.get(id);
    if (type === 'snapshot') return snapshots.get(id);
    // Groups carry no tags in the sandbox; defaults exist before anybody has used them.
    return type === 'cluster-snapshot' ? clusterSnapshots.get(id) : 'untagged';
  }
}

export type RdsFor = (request: RequestContext) => RdsResources;

/** The tags of a request, under both of their names. */
export const rdsRequestTags = (tags: readonly PlainTag[] | undefined): Context => ({
  ...requestTags(tags),
  ...tagValues('rds:req-tag/', pairs(tags)),
});
