import type { FileRule } from './profile.ts';

/**
 * Files of any machine that may hold its own addresses (cloud-init's templates and renderers). They come after the
 * rules of the application, so that a profile may treat one of them otherwise. `/etc/hostname` is the script's own
 * business, since a restore may ask for a name. Gateways and name servers are other machines'.
 */
export const systemRules: readonly FileRule[] = [
  { glob: '/etc/hosts', format: 'hosts', keepComments: true },
  { glob: '/etc/environment', format: 'shell-assignment', keepComments: true },
  { glob: '/etc/sysconfig/network', format: 'shell-assignment', keepComments: true, keys: ['HOSTNAME'] },
  {
    glob: '/etc/sysconfig/network-scripts/ifcfg-*',
    format: 'shell-assignment',
    keepComments: true,
    keys: ['IPADDR', 'IPADDR0', 'IPV6ADDR', 'DHCP_HOSTNAME'],
  },
  { glob: '/etc/netplan/*.yaml', format: 'plain', keepComments: true },
];
