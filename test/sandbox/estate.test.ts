import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, loadEstate } from '../../sandbox/estate.ts';
import { parseEstate } from '../../sandbox/estate-file.ts';
import { createEc2 } from '../../sandbox/services/ec2/service.ts';
import { createRds } from '../../sandbox/services/rds/service.ts';
import { createS3 } from '../../sandbox/services/s3/service.ts';
import { World } from '../../sandbox/world.ts';

const header = `version: 1
account: "210987654321"
region: us-east-1
vpcs: [{ id: vpc-0aaa1111aaaa1111a, cidr: 10.0.0.0/16 }]
subnets: [{ id: subnet-0aaa1111aaaa1111a, vpc: vpc-0aaa1111aaaa1111a, cidr: 10.0.1.0/24, zone: us-east-1a }]
securityGroups: [{ id: sg-0bbb1111bbbb1111b, vpc: vpc-0aaa1111aaaa1111a, name: ci, description: web }]
`;
const place = 'subnet: subnet-0aaa1111aaaa1111a, securityGroups: [sg-0bbb1111bbbb1111b]';

describe('loading an estate', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());
  const load = (content: string) => {
    const services = { ec2: createEc2(world), rds: createRds(world), s3: createS3(world) };
    loadEstate(world, services, parseEstate(`${header}${content}`, 'estate.yaml'));
    return { ...services, instances: [...services.ec2.region('us-east-1').instances.values()] };
  };

  it('makes as many machines of a fleet as it counts, numbered in their names', () => {
    const { instances } = load(`fleets: [{ name: runner, count: 12, ${place}, tags: { Role: runner } }]`);
    expect(instances.map(({ tags }) => tags.get('Name'))).toEqual(
      Array.from({ length: 12 }, (_, index) => `runner-${index + 1}`),
    );
    expect(new Set(instances.map(({ id }) => id)).size).toBe(12);
    expect(
      instances.every(({ tags, owner }) => tags.get('Role') === 'runner' && owner === '210987654321'),
    ).toBe(true);
  });

  it('encrypts a volume that has a key, and leaves the others as they are', () => {
    const key = 'arn:aws:kms:us-east-1:210987654321:key/11111111-2222-4333-8444-555555555555';
    const volumes = `volumes: [{ device: /dev/xvda, sizeGiB: 9 }, { device: /dev/sdf, sizeGiB: 10, kmsKey: "${key}" }]`;
    const { ec2 } = load(
      `instances: [{ id: i-0aaa1111bbb22222c, privateIp: 10.0.1.5, ${place}, ${volumes} }]`,
    );
    const records = [...ec2.region('us-east-1').volumes.values()];
    expect(records.map(({ encrypted, kmsKeyId }) => [encrypted, kmsKeyId])).toEqual([
      [false, undefined],
      [true, key],
    ]);
  });

  it('leaves a stopped machine stopped', () => {
    const { instances } = load(
      `instances: [{ id: i-0aaa1111bbb22222c, privateIp: 10.0.1.5, ${place}, state: stopped }]`,
    );
    expect(instances[0]?.publicIp).toBeUndefined();
    expect(instances).toHaveLength(1);
  });

  it('puts databases into the subnet group of the estate with the status that it gives', () => {
    const { rds } = load(
      'subnetGroups: [{ name: ours, vpc: vpc-0aaa1111aaaa1111a, subnets: [subnet-0aaa1111aaaa1111a] }]\n' +
        'databases: [{ id: db, engine: postgres, engineVersion: "15.8", class: db.t4g.micro, allocatedGiB: 20, ' +
        'subnetGroup: ours, status: stopped }]',
    );
    const database = rds.inspect('210987654321', 'us-east-1').instances.get('db');
    expect(database?.status).toBe('stopped');
  });

  it('names the entry that a service refuses, and the reason', () => {
    const outside = `instances: [{ id: i-0aaa1111bbb22222c, privateIp: 10.9.9.9, ${place} }]`;
    expect(() => load(outside)).toThrow(
      "The estate's i-0aaa1111bbb22222c cannot be made: Address 10.9.9.9 does not fall within the subnet's address range",
    );
  });

  it('signs with the sandbox keys, in the account of the estate, when the estate names no identity', () => {
    expect(identityOf(parseEstate(header, 'estate.yaml'))).toMatchObject({
      accessKeyId: 'AKIASNAPKEEPSANDBOX0',
      account: '210987654321',
      arn: 'arn:aws:iam::210987654321:user/sandbox',
    });
  });
});
