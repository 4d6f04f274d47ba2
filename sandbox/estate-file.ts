import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Estate, estateSchema } from './estate-schema.ts';

/** Something in an estate file that cannot be; the message is one sentence, or a line per finding. */
export class EstateError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EstateError';
  }
}

type Path = readonly PropertyKey[];

interface Finding {
  readonly path: Path;
  readonly message: string;
}

/**
 * Reads and validates an estate file. The trees' `files` come back as absolute paths.
 * @throws EstateError naming the file, and for each finding line, column and path.
 */
export function readEstate(file: string): Estate {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const known: Record<string, string> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' };
    throw new EstateError(`The estate file ${file} cannot be read: ${known[reason] ?? reason}.`, error);
  }
  return parseEstate(content, file);
}

export function parseEstate(content: string, file: string): Estate {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new EstateError(
      `${file}:${line}:${col}: ${broken.message.split('\n')[0]?.replace(/ at line .*$/, '')}`,
    );
  }
  const fail = (findings: readonly Finding[]): never => {
    throw new EstateError(findings.map((finding) => describe(finding, file, document, lines)).join('\n'));
  };
  const parsed = estateSchema.safeParse(document.toJS());
  if (!parsed.success) return fail(parsed.error.issues.flatMap(toFindings));
  const estate = withAbsoluteTrees(parsed.data, dirname(resolve(file)));
  const findings = [...unknownReferences(estate), ...duplicates(estate), ...missingTrees(estate)];
  return findings.length > 0 ? fail(findings) : estate;
}

function toFindings(issue: z.core.$ZodIssue): readonly Finding[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'unknown key' }));
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path: issue.path, message }));
    default:
      return [{ path: issue.path, message: issue.message }];
  }
}

function describe(finding: Finding, file: string, document: Document, lines: LineCounter): string {
  const path = finding.path.map(String).join('.') || 'the whole file';
  // A missing key has no place of its own: its nearest parent has.
  for (let length = finding.path.length; length >= 0; length -= 1) {
    const node = length === 0 ? document.contents : document.getIn(finding.path.slice(0, length), true);
    if (!isNode(node) || !node.range) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return `${file}:${line}:${col}: ${path}: ${finding.message}`;
  }
  return `${file}: ${path}: ${finding.message}`;
}

function withAbsoluteTrees(estate: Estate, folder: string): Estate {
  const instances = estate.instances.map((instance) =>
    instance.tree
      ? { ...instance, tree: { ...instance.tree, files: resolve(folder, instance.tree.files) } }
      : instance,
  );
  return { ...estate, instances };
}

function unknownReferences(estate: Estate): Finding[] {
  const known = {
    vpc: new Set(estate.vpcs.map(({ id }) => id)),
    subnet: new Set(estate.subnets.map(({ id }) => id)),
    securityGroup: new Set(estate.securityGroups.map(({ id }) => id)),
    keyPair: new Set(estate.keyPairs.map(({ name }) => name)),
    subnetGroup: new Set(estate.subnetGroups.map(({ name }) => name)),
  };
  const findings: Finding[] = [];
  const check = (kind: keyof typeof known, name: string | undefined, path: Path): void => {
    if (name === undefined || known[kind].has(name)) return;
    findings.push({ path, message: `there is no ${name} among the estate's ${kind}s` });
  };
  estate.subnets.forEach(({ vpc }, index) => {
    check('vpc', vpc, ['subnets', index, 'vpc']);
  });
  estate.securityGroups.forEach(({ vpc }, index) => {
    check('vpc', vpc, ['securityGroups', index, 'vpc']);
  });
  estate.subnetGroups.forEach(({ vpc, subnets }, index) => {
    check('vpc', vpc, ['subnetGroups', index, 'vpc']);
    subnets.forEach((subnet, position) => {
      check('subnet', subnet, ['subnetGroups', index, 'subnets', position]);
    });
  });
  for (const section of ['databases', 'clusters'] as const) {
    estate[section].forEach(({ subnetGroup }, index) => {
      check('subnetGroup', subnetGroup, [section, index, 'subnetGroup']);
    });
  }
  for (const section of ['instances', 'fleets'] as const) {
    estate[section].forEach((machine, index) => {
      check('subnet', machine.subnet, [section, index, 'subnet']);
      check('keyPair', machine.keyPair, [section, index, 'keyPair']);
    });
  }
  for (const section of ['instances', 'fleets', 'databases', 'clusters'] as const) {
    estate[section].forEach(({ securityGroups }, index) => {
      securityGroups.forEach((group, position) => {
        check('securityGroup', group, [section, index, 'securityGroups', position]);
      });
    });
  }
  return findings;
}

function duplicates(estate: Estate): Finding[] {
  const seen = new Set<string>();
  const findings: Finding[] = [];
  const once = (kind: string, name: string | undefined, path: Path): void => {
    if (name === undefined) return;
    if (seen.has(`${kind} ${name}`)) findings.push({ path, message: `a second ${kind} ${name}` });
    seen.add(`${kind} ${name}`);
  };
  for (const section of ['vpcs', 'subnets', 'securityGroups', 'instances'] as const) {
    estate[section].forEach(({ id }, index) => {
      once('resource', id, [section, index, 'id']);
    });
  }
  estate.instances.forEach((instance, index) => {
    once('private address', instance.privateIp, ['instances', index, 'privateIp']);
    once('public address', instance.publicIp, ['instances', index, 'publicIp']);
    once('public address', instance.elasticIp?.address, ['instances', index, 'elasticIp', 'address']);
  });
  estate.databases.forEach(({ id }, index) => {
    once('DB instance', id, ['databases', index, 'id']);
  });
  estate.clusters.forEach(({ id, members }, index) => {
    once('DB cluster', id, ['clusters', index, 'id']);
    members.forEach((member, position) => {
      once('DB instance', member.id, ['clusters', index, 'members', position, 'id']);
    });
  });
  estate.buckets.forEach(({ name }, index) => {
    once('bucket', name, ['buckets', index, 'name']);
  });
  return findings;
}

function missingTrees(estate: Estate): Finding[] {
  return estate.instances.flatMap(({ tree }, index) => {
    if (!tree || statSync(tree.files, { throwIfNoEntry: false })?.isDirectory()) return [];
    return [{ path: ['instances', index, 'tree', 'files'], message: `${tree.files} is not a folder` }];
  });
}
