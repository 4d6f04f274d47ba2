import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressChange,
  addressMap,
  checkRecorded,
  type MachineRecord,
} from '../../../functions/rewrite/address-map.ts';
import { kindOf, spellingsOf } from '../../../functions/rewrite/values.ts';

const relaunch: MachineRecord = {
  private_ip: '10.0.1.67',
  public_ip: '203.0.113.20',
  ipv6: ['2001:db8::67'],
  private_dns: 'ip-10-0-1-67.eu-west-1.compute.internal',
  public_dns: 'ec2-203-0-113-20.eu-west-1.compute.amazonaws.com',
  hostname: 'ip-10-0-1-67',
  service_name: 'ci.old.example.com',
  network_interfaces: [
    { device_index: 1, private_ips: ['10.0.7.7'] },
    { device_index: 0, private_ips: ['10.0.1.67', '10.0.1.68'] },
  ],
};
const machine: MachineRecord = {
  private_ip: '10.0.9.14',
  public_ip: '198.51.100.77',
  ipv6: ['2001:db8:9::14'],
  private_dns: 'ip-10-0-9-14.eu-west-1.compute.internal',
  public_dns: 'ec2-198-51-100-77.eu-west-1.compute.amazonaws.com',
  hostname: 'ip-10-0-9-14',
  network_interfaces: [{ device_index: 0, private_ips: ['10.0.9.14', '10.0.9.15'] }],
};
const pairs = (list: readonly { old: string; new: string }[]): string[] =>
  list.map((each) => `${each.old} ${each.new}`);

describe('the address map', () => {
  test('holds every address and name of the machine in order, each once', () => {
    const endpoints = [
      { what: 'endpoint of rds/db', old: 'db.c1.rds.amazonaws.com', new: 'db-r1.c1.rds.amazonaws.com' },
    ];
    expect(pairs(addressMap({ relaunch, machine, serviceName: 'ci.new.example.com', endpoints }))).toEqual([
      '10.0.1.67 10.0.9.14',
      '2001:db8::67 2001:db8:9::14',
      '2001:db8:0:0:0:0:0:67 2001:db8:9::14',
      '2001:0db8:0000:0000:0000:0000:0000:0067 2001:db8:9::14',
      '203.0.113.20 198.51.100.77',
      'ip-10-0-1-67.eu-west-1.compute.internal ip-10-0-9-14.eu-west-1.compute.internal',
      'ec2-203-0-113-20.eu-west-1.compute.amazonaws.com ec2-198-51-100-77.eu-west-1.compute.amazonaws.com',
      'ip-10-0-1-67 ip-10-0-9-14',
      '10.0.1.68 10.0.9.15',
      'ec2-203-0-113-20 ec2-198-51-100-77',
      'ci.old.example.com ci.new.example.com',
      'db.c1.rds.amazonaws.com db-r1.c1.rds.amazonaws.com',
    ]);
  });

  test('is empty when nothing changed', () => {
    expect(addressMap({ relaunch, machine: relaunch, serviceName: 'CI.old.example.com' })).toEqual([]);
  });

  test('names a public address without successor as gone, and all old addresses as own', () => {
    const { public_ip: _, public_dns: __, ...hidden } = machine;
    const change = addressChange({ relaunch, machine: hidden });
    expect(change.gone).toEqual(['203.0.113.20']);
    expect(change.own).toEqual(expect.arrayContaining(['10.0.1.67', '203.0.113.20', '2001:db8::67']));
    expect(pairs(change.replacements).some((pair) => pair.startsWith('203.'))).toBe(false);
  });

  test('refuses one old value with two new ones', () => {
    const named = { ...relaunch, service_name: 'ip-10-0-1-67' };
    expect(() => addressMap({ relaunch: named, machine, serviceName: 'ci.new.example.com' })).toThrow(
      'ip-10-0-1-67 would become ip-10-0-9-14 as host name and ci.new.example.com as service name.',
    );
  });

  test.each([
    ['hostname', '$(reboot)'],
    ['hostname', 'a;b'],
    ['hostname', "a'b"],
    ['hostname', 'a\nb'],
    ['hostname', '../etc'],
    ['hostname', 'a..b'],
    ['hostname', '-a'],
    ['hostname', 'a b'],
    ['hostname', 'x'.repeat(64)],
    ['private_ip', '10.0.0.999'],
    ['private_ip', '10.0.0.1,10.0.0.2'],
    ['public_ip', '203.0.113.20=x'],
    ['private_ip', 'localhost'],
    ['hostname', '10.0.1.67'],
    ['ipv6', '2001:db8:::1'],
    ['service_name', 'ci.example.com/../x'],
  ])('refuses %s %j, old and new, with a sentence', (key, value) => {
    expect(() => checkRecorded({ ...relaunch, [key]: value })).toThrow(
      / is recorded as .*, which is no (IPv4 address|IPv6 address|host name)/,
    );
    expect(() =>
      addressMap({ relaunch: { ...relaunch, [key]: value }, machine, serviceName: 'x.example.com' }),
    ).toThrow(/ is recorded as .*, which is no (IPv4 address|IPv6 address|host name)/);
    if (key !== 'service_name') {
      expect(() => addressMap({ relaunch, machine: { ...machine, [key]: value } })).toThrow('is recorded as');
    }
  });

  test('refuses a new service name that is none', () => {
    expect(() => addressMap({ relaunch, machine, serviceName: '`id`' })).toThrow('new service name');
  });
});

describe('kinds of values', () => {
  test('agree with the system about addresses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,24}$/)), (text) => {
        const kind = kindOf(text);
        expect(kind === 'ipv4' || kind === 'ipv6' ? kind : 'ipv0').toBe(`ipv${isIP(text)}`);
      }),
      { numRuns: 3000 },
    );
  });

  test('every spelling of an IPv6 address means the same, and the first is the shortest', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const [first, ...others] = spellingsOf(address);
        for (const other of others) {
          expect(isIP(other)).toBe(6);
          expect(spellingsOf(other)[0]).toBe(first);
        }
        expect(first).toBe(new URL(`http://[${address}]/`).hostname.slice(1, -1));
      }),
    );
  });
});
