import type { Tag } from '@aws-sdk/client-ec2';
import type { Relaunch } from '../../catalog/documents.ts';
import { tagKeys } from '../../shared/names.ts';
import { sourceKey } from '../../shared/source.ts';
import type { StartRequest } from '../driver.ts';

const tagValueLimit = 256;

/** The tags that make a copy ours; the same on the AMI and on its snapshots. */
export function ownershipTags(request: StartRequest): Tag[] {
  return [
    { Key: tagKeys.managed, Value: request.deployment },
    { Key: tagKeys.plan, Value: request.plan },
    { Key: tagKeys.backupId, Value: request.backupId },
    { Key: tagKeys.source, Value: sourceKey(request.source) },
    { Key: tagKeys.slot, Value: request.slot },
  ];
}

/**
 * Enough to relaunch by hand when the vault is gone: `type=m7i.large subnet=subnet-0a.. private=10.0.1.67 ...`.
 * What no longer fits into a tag is left out from the least important end, field by field.
 */
export function relaunchTag(relaunch: Relaunch): Tag {
  const groups = Array.isArray(relaunch.security_groups) ? relaunch.security_groups.join(',') : undefined;
  const profile =
    typeof relaunch.instance_profile === 'string' ? relaunch.instance_profile.split('/').at(-1) : undefined;
  const fields: readonly (readonly [string, unknown])[] = [
    ['type', relaunch.instance_type],
    ['subnet', relaunch.subnet],
    ['private', relaunch.private_ip],
    ['public', relaunch.public_ip],
    ['host', relaunch.hostname],
    ['profile', profile],
    ['groups', groups],
  ];
  let value = '';
  for (const [name, field] of fields) {
    if (typeof field !== 'string' || field === '') continue;
    const longer = value === '' ? `${name}=${field}` : `${value} ${name}=${field}`;
    if (longer.length > tagValueLimit) break;
    value = longer;
  }
  return { Key: tagKeys.relaunch, Value: value };
}

/** Whether a resource carries every one of `wanted`, whatever else it carries. */
export const carriesTags = (tags: readonly Tag[] | undefined, wanted: readonly Tag[]): boolean =>
  wanted.every(({ Key, Value }) => (tags ?? []).some((tag) => tag.Key === Key && tag.Value === Value));
