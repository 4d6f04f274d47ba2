import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EstateError, parseEstate, readEstate } from '../../sandbox/estate-file.ts';

const example = resolve(import.meta.dirname, '../../docs/examples/estate.yaml');

const header = `version: 1
account: "123456789012"
region: eu-west-1
identity: { accessKeyId: AKIASANDBOXSANDBOX01, secretAccessKey: sandbox-secret }
`;
const network = `vpcs: [{ id: vpc-0aaa1111aaaa1111a, cidr: 10.0.0.0/16 }]
subnets: [{ id: subnet-0aaa1111aaaa1111a, vpc: vpc-0aaa1111aaaa1111a, cidr: 10.0.1.0/24, zone: eu-west-1a }]
securityGroups: [{ id: sg-0bbb1111bbbb1111b, vpc: vpc-0aaa1111aaaa1111a, name: ci, description: web }]
`;
const machine = (fields: string) =>
  `{ subnet: subnet-0aaa1111aaaa1111a, securityGroups: [sg-0bbb1111bbbb1111b], ${fields} }`;

function refusal(content: string): string {
  try {
    parseEstate(content, 'estate.yaml');
  } catch (error) {
    if (error instanceof EstateError) return error.message;
    throw error;
  }
  throw new Error('the estate was accepted');
}

describe('the example estate', () => {
  it('is valid and holds the machines of every application, a fleet, two databases and a locked vault', () => {
    const estate = readEstate(example);
    expect(estate.instances.map(({ tags }) => tags.Role)).toEqual([
      'circleci-services',
      'circleci-standby',
      'gitlab',
      'gocd',
      'dokku',
      'nomad-client',
    ]);
    expect(estate.fleets.map(({ name, count }) => `${name} ${count}`)).toEqual(['runner 3']);
    expect(estate.databases.map(({ id }) => id)).toEqual(['circle-db']);
    expect(estate.clusters.map(({ id, members }) => `${id} ${members.length}`)).toEqual(['gitlab-db 2']);
    expect(estate.buckets).toEqual([
      { name: 'acme-snapkeep-vault', versioning: true, objectLock: { mode: 'GOVERNANCE', days: 14 } },
    ]);
  });

  it('gives the folders of its machine trees from where the file lies, not from where the program runs', () => {
    const trees = readEstate(example).instances.map(({ tree }) => tree?.files);
    expect(trees[0]).toBe(resolve(import.meta.dirname, '../../docs/examples/machines/circleci-services'));
  });
});

describe('an estate file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapkeep-estate-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('may hold nothing but the account, and is filled up with defaults', () => {
    const estate = parseEstate(
      `${header}${network}instances: [${machine('id: i-0aaa1111bbb22222c, privateIp: 10.0.1.5')}]`,
      'f',
    );
    expect(estate.instances[0]).toMatchObject({
      type: 't3.medium',
      state: 'running',
      tags: {},
      volumes: [{ device: '/dev/xvda', sizeGiB: 8, encrypted: false }],
    });
    expect(estate.buckets).toEqual([]);
  });

  it('that is not there, or is a folder, is named in one sentence', () => {
    expect(() => readEstate(join(folder, 'none.yaml'))).toThrow(
      /none\.yaml cannot be read: there is no such file/,
    );
    expect(() => readEstate(folder)).toThrow(/cannot be read: it is a folder/);
  });

  it('that is not YAML is refused with line and column', () => {
    expect(refusal('version: 1\nregion: [eu-west-1\n')).toMatch(/^estate\.yaml:3:1: .+/);
    expect(refusal('version: 1\nversion: 1\n')).toMatch(/^estate\.yaml:2:1: Map keys must be unique/);
  });

  it('that is empty or a list is refused as a whole', () => {
    expect(refusal('')).toContain('the whole file');
    expect(refusal('- 1\n')).toMatch(/^estate\.yaml:1:1: the whole file: /);
  });

  it('with a wrong value is refused with the place and the path of each finding', () => {
    const message = refusal(
      `${header}${network}instances:\n  - ${machine('id: 17, privateIp: 10.0.1.500')}\n`,
    );
    expect(message.split('\n')).toEqual([
      expect.stringMatching(/^estate\.yaml:9:\d+: instances\.0\.id: /),
      expect.stringMatching(/^estate\.yaml:9:\d+: instances\.0\.privateIp: /),
    ]);
  });

  it('with an unknown key is refused at that key, deep down too', () => {
    expect(refusal(`${header}instancs: []\n`)).toBe('estate.yaml:5:11: instancs: unknown key');
    expect(refusal(`${header}buckets:\n  - { name: vault, lock: true }\n`)).toContain(
      'buckets.0.lock: unknown key',
    );
  });

  it('that lacks a key is refused where the key should be', () => {
    expect(refusal('version: 1\nregion: eu-west-1\n')).toMatch(/^estate\.yaml:1:1: account: /);
  });

  it('that refers to something that it does not hold is refused', () => {
    const message = refusal(
      `${header}${network}fleets: [${machine('name: runner, count: 2, keyPair: nobody')}]\n` +
        'databases: [{ id: db, engine: postgres, engineVersion: "15.8", class: db.t4g.micro, allocatedGiB: 20, ' +
        'securityGroups: [sg-0bbb2222bbbb2222b] }]\n',
    );
    expect(message).toContain("fleets.0.keyPair: there is no nobody among the estate's keyPairs");
    expect(message).toContain(
      "databases.0.securityGroups.0: there is no sg-0bbb2222bbbb2222b among the estate's",
    );
  });

  it('with the same identifier or address twice is refused', () => {
    const one = machine('id: i-0aaa1111bbb22222c, privateIp: 10.0.1.5');
    const message = refusal(`${header}${network}instances: [${one}, ${one}]`);
    expect(message).toContain('instances.1.id: a second resource i-0aaa1111bbb22222c');
    expect(message).toContain('instances.1.privateIp: a second private address 10.0.1.5');
  });

  it('with a tree that is not a folder is refused', () => {
    const content = `${header}${network}instances: [${machine('id: i-0aaa1111bbb22222c, privateIp: 10.0.1.5, tree: { files: here }')}]`;
    const file = join(folder, 'estate.yaml');
    writeFileSync(file, content);
    writeFileSync(join(folder, 'here'), 'a file');
    expect(() => readEstate(file)).toThrow(`instances.0.tree.files: ${join(folder, 'here')} is not a folder`);
  });

  it('cannot name a path outside of a machine', () => {
    for (const path of ['etc/hosts', '/../etc/hosts', '/etc/../../x', '/.', '/etc//hosts', '/etc/..']) {
      const tree = `tree: { files: ., modes: { ${path}: "0600" } }`;
      const content = `${header}${network}instances: [${machine(`id: i-0aaa1111bbb22222c, privateIp: 10.0.1.5, ${tree}`)}]`;
      expect(refusal(content), path).toContain('expected an absolute path of the machine');
    }
  });
});
