import { usageError } from '../shared/errors.ts';

/** A parameter of a document, as Systems Manager reads it. */
export interface DocumentParameter {
  readonly type: 'String';
  readonly description: string;
  /** Absent where a value must be given. */
  readonly default?: string;
  readonly allowedPattern?: string;
  readonly allowedValues?: readonly string[];
  /** The value reaches the script as the environment variable SSM_<name> and is never put into its text. */
  readonly interpolationType: 'ENV_VAR';
}

// The agent compiles every pattern as a Go regular expression, which may ask for 1,000 copies of a thing at most, counts
// within counts multiplied (Go, package regexp/syntax); one that it cannot compile fails the whole document. So nothing is
// counted here: `rewrite/values.ts` limits the length of a name, Systems Manager that of all values together.
const address = '[0-9A-Za-z](?:[0-9A-Za-z.:-]*[0-9A-Za-z])?';
// An IPv6 address may begin or end with colons.
const anyAddress = `(?:${address}|::(?:${address})?|${address}::)`;
const label = '[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?';
const name = `${label}(?:\\.${label})*`;
const optional = (pattern: string): string => `^(?:${pattern})?$`;
const listOf = (pattern: string): string => optional(`${pattern}(?:,${pattern})*`);

const parameter = (
  description: string,
  allowed: Pick<DocumentParameter, 'allowedPattern' | 'allowedValues' | 'default'>,
): DocumentParameter => ({ type: 'String', description, ...allowed, interpolationType: 'ENV_VAR' });

const restoreId = parameter('The id of the restore.', { allowedPattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' });

export const rewriteParameters = {
  RestoreId: restoreId,
  AddressMap: parameter('Old and new addresses and names: old=new,old=new', {
    default: '',
    allowedPattern: listOf(`${anyAddress}=${anyAddress}`),
  }),
  GoneAddresses: parameter('Old addresses that have no successor.', {
    default: '',
    allowedPattern: listOf(anyAddress),
  }),
  OwnAddresses: parameter('All addresses of the old machine, those that stay included.', {
    default: '',
    allowedPattern: listOf(anyAddress),
  }),
  MachineName: parameter(
    'What the system shall call itself; what the address map makes of the old name when empty.',
    {
      default: '',
      allowedPattern: optional(name),
    },
  ),
  SshHostKeys: parameter('Whether the machine gets new SSH host keys.', {
    default: 'keep',
    allowedValues: ['keep', 'regenerate'],
  }),
} as const satisfies Record<string, DocumentParameter>;

export const undoParameters = { RestoreId: restoreId } as const satisfies Record<string, DocumentParameter>;

export const stepParameters = {
  // Without a value that is never empty, a script could not tell an agent that passes none.
  RestoreId: restoreId,
  ServiceName: parameter('Name under which people reach the application; empty when it stays.', {
    default: '',
    allowedPattern: optional(name),
  }),
  PrivateAddress: parameter('The private address of the machine.', {
    default: '',
    allowedPattern: optional(anyAddress),
  }),
  PublicAddress: parameter('The public address of the machine.', {
    default: '',
    allowedPattern: optional(anyAddress),
  }),
} as const satisfies Record<string, DocumentParameter>;

/**
 * The values for a document, checked as the service will check them. Throws a `usage` sentence that names the
 * parameter; absent values take the default.
 */
export function valuesFor(
  parameters: Readonly<Record<string, DocumentParameter>>,
  values: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {};
  for (const [key, { allowedPattern, allowedValues, default: fallback }] of Object.entries(parameters)) {
    const value = values[key] ?? fallback;
    if (value === undefined) throw usageError(`the parameter ${key} has no value.`);
    const fits =
      (allowedPattern === undefined || new RegExp(allowedPattern).test(value)) &&
      (allowedValues === undefined || allowedValues.includes(value));
    // A pattern's $ also stands before a newline in some dialects; no value may hold one.
    if (!fits || /[\r\n]/.test(value)) {
      throw usageError(
        `the value ${shown(value)} cannot be given to the parameter ${key}.`,
        'Values are addresses and names: letters, digits, dots, colons and hyphens.',
      );
    }
    checked[key] = value;
  }
  return checked;
}

export interface RewriteFacts {
  readonly restoreId: string;
  readonly replacements: readonly { readonly old: string; readonly new: string }[];
  /** Old public addresses without a successor, and all old addresses: see `AddressChange`. */
  readonly gone?: readonly string[];
  readonly own?: readonly string[];
  readonly machineName?: string;
  readonly sshHostKeys: 'keep' | 'regenerate';
}

/** The values of the document `rewrite`. Throws like `valuesFor`. */
export const rewriteValues = (facts: RewriteFacts): Readonly<Record<string, string>> =>
  valuesFor(rewriteParameters, {
    RestoreId: facts.restoreId,
    AddressMap: facts.replacements.map((each) => `${each.old}=${each.new}`).join(','),
    GoneAddresses: (facts.gone ?? []).join(','),
    OwnAddresses: (facts.own ?? []).join(','),
    MachineName: facts.machineName,
    SshHostKeys: facts.sshHostKeys,
  });

const shown = (value: string): string =>
  JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
