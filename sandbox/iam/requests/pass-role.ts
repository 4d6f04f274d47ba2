import type { Demand } from './demand.ts';

/**
 * Whoever hands a role to a service must be allowed to ("Grant a user permissions to pass a role to an AWS service").
 * An instance profile holds one role; in the sandbox it is the one of the same name, as the console makes it.
 */
export function passRole(profileArn: string | undefined, service: string): readonly Demand[] {
  if (profileArn === undefined) return [];
  return [
    {
      action: 'iam:PassRole',
      resource: profileArn.replace(':instance-profile/', ':role/'),
      context: { 'iam:PassedToService': service },
    },
  ];
}
