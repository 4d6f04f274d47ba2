import type { Image } from '@aws-sdk/client-ec2';
import { tagKeys } from '../../shared/names.ts';

/** "For 24 hours after you disable it" (Protect an AMI from deregistration, with cooldown). */
export const cooldownMilliseconds = 24 * 60 * 60 * 1000;

export interface Protection {
  /** `on` until somebody lifts it; `cooling`: lifted, but its cooldown is not over. */
  readonly state: 'on' | 'cooling';
  readonly withCooldown: boolean;
  /** Whose it is: without our tag somebody else means to keep this image. */
  readonly ours: boolean;
  /** A clause: `protected from deregistration`. */
  readonly text: string;
}

/**
 * Reads `DeregistrationProtection`: `disabled`, `enabled-with-cooldown`, `enabled-without-cooldown`; the API defines
 * no set of values. Whatever else says `disabled` means that a cooldown runs.
 */
export function protectionOf({ DeregistrationProtection: value = '', Tags }: Image): Protection | undefined {
  if (value === '' || value === 'disabled') return undefined;
  const ours = (Tags ?? []).some(({ Key }) => Key === tagKeys.protected);
  if (value.startsWith('disabled')) {
    const until = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(value)?.[0];
    const end = until === undefined ? 'until its cooldown of 24 hours is over' : `until ${until}Z`;
    return { state: 'cooling', withCooldown: true, ours, text: `protected from deregistration ${end}` };
  }
  const withCooldown = value === 'enabled-with-cooldown';
  const text = `protected from deregistration${withCooldown ? ' (with cooldown)' : ''}`;
  return { state: 'on', withCooldown, ours, text };
}
