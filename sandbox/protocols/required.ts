import { DecodeError } from './failures.ts';
import { type QueryDialect, queryName } from './query.ts';
import { isRecord } from './scalars.ts';
import type { Member, Reference, StructureShape } from './schema.ts';
import type { WireProtocol } from './wire.ts';

/**
 * Requires every member that the model requires, at any depth.
 * @throws DecodeError `missing`, with the parameter as the protocol spells it
 */
export function checkRequired(
  protocol: WireProtocol,
  shape: StructureShape | undefined,
  input: unknown,
): void {
  if (shape) checkStructure(spellingOf(protocol), shape, input, '');
}

interface Spelling {
  member(member: Member): string;
  item(prefix: string, list: Reference, index: number): string;
}

function spellingOf(protocol: WireProtocol): Spelling {
  if (protocol !== 'ec2Query' && protocol !== 'awsQuery') {
    return { member: ({ name }) => name, item: (prefix, _, index) => `${prefix}.${index + 1}` };
  }
  const dialect: QueryDialect = protocol;
  return {
    member: (member) => queryName(dialect, member),
    item: (prefix, { shape, traits }, index) => {
      const flat = dialect === 'ec2Query' || traits.xmlFlattened || shape.kind !== 'list';
      return flat
        ? `${prefix}.${index + 1}`
        : `${prefix}.${shape.item.traits.xmlName ?? 'member'}.${index + 1}`;
    },
  };
}

function checkStructure(spelling: Spelling, shape: StructureShape, value: unknown, prefix: string): void {
  if (!isRecord(value)) return;
  for (const member of shape.members) {
    const item = value[member.name];
    if (item === undefined) {
      if (!member.required) continue;
      const parameter = prefix + spelling.member(member);
      throw new DecodeError('missing', parameter, `the parameter ${parameter} is required`);
    }
    checkReference(spelling, member, item, () => prefix + spelling.member(member));
  }
}

/** The name is only worked out where it is needed: most values are fine. */
function checkReference(spelling: Spelling, reference: Reference, value: unknown, name: () => string): void {
  const { shape } = reference;
  if (shape.kind === 'structure') checkStructure(spelling, shape, value, `${name()}.`);
  else if (shape.kind === 'list' && Array.isArray(value)) {
    if (!isNested(shape.item)) return;
    value.forEach((item: unknown, index) => {
      checkReference(spelling, shape.item, item, () => spelling.item(name(), reference, index));
    });
  } else if (shape.kind === 'map' && isRecord(value) && isNested(shape.value)) {
    for (const [key, item] of Object.entries(value)) {
      checkReference(spelling, shape.value, item, () => `${name()}.${key}`);
    }
  }
}

function isNested({ shape }: Reference): boolean {
  return shape.kind === 'structure' || shape.kind === 'list' || shape.kind === 'map';
}
