import type { Config } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';

type TagKeys = 'aws:RequestTag' | 'aws:ResourceTag' | 'ssm:resourceTag';

/**
 * Conditions that only what a restore of this deployment makes meets: `aws:RequestTag` in the call that makes it, the
 * others from then on. Another deployment of the account has restored machines, too.
 */
export const madeByRestore = ({ deployment }: Pick<Config, 'deployment'>, tags: TagKeys) => ({
  StringLike: { [`${tags}/${tagKeys.restore}`]: '?*' },
  StringEquals: { [`${tags}/${tagKeys.deployment}`]: deployment },
});
