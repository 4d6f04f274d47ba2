import type { Config } from '../../functions/plan/config.ts';
import { tagKeys } from '../../functions/shared/names.ts';

type TagKeys = 'aws:RequestTag' | 'aws:ResourceTag' | 'ssm:resourceTag';

/**
 * What only those things have that a restore of this deployment makes: `aws:RequestTag` in the call that makes them, the
 * others from then on. Another deployment of the account has restored machines, too. For `StringEquals`.
 */
export const madeByRestore = ({ deployment }: Pick<Config, 'deployment'>, tags: TagKeys) => ({
  [`${tags}/${tagKeys.restoredBy}`]: deployment,
});
