import { describe, expect, it } from 'vitest';
import { configDigest } from '../../../functions/plan/config-digest.ts';
import { aConfig } from '../../support/configs.ts';

describe('the digest of a configuration', () => {
  const config = aConfig();

  it('has twelve digits and does not depend on the order of keys', () => {
    const turned = Object.fromEntries(Object.entries(config).reverse());
    const same = { ...config, ...turned, plans: Object.fromEntries(Object.entries(config.plans).reverse()) };
    expect(configDigest(config)).toMatch(/^[0-9a-f]{12}$/);
    expect(configDigest(same)).toBe(configDigest(config));
  });

  it('changes with whatever the functions would do differently, and with the order of sources', () => {
    const other = { ...config, vault: { ...config.vault, lockDays: config.vault.lockDays + 1 } };
    expect(configDigest(other)).not.toBe(configDigest(config));
    const plan = Object.values(config.plans)[0];
    if (plan === undefined) throw new Error('no plan');
    const longer = { ...plan, timeoutSeconds: plan.timeoutSeconds + 1 };
    const changed = { ...config, plans: { ...config.plans, [plan.name]: longer } };
    expect(configDigest(changed)).not.toBe(configDigest(config));
  });
});
