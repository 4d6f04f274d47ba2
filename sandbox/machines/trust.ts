import { createHash } from 'node:crypto';

/** The line of a trusted script that says where the machine's `/` is; it stands there exactly once. */
export const rootLine = 'SNAPKEEP_ROOT=/';

/**
 * Texts that the starter of the sandbox vouches for, by their sha256 digests.
 *
 * A trusted script runs as a plain process of this computer, so trust must mean: it touches nothing but what lies
 * below $SNAPKEEP_ROOT. The digest makes that a statement about one sequence of bytes, which somebody has reviewed
 * and whose tests run against a tree; a script that differs in a single byte is another script and is not trusted.
 * It stays true for every run, since nothing of a request becomes part of the script: values come as environment
 * variables, and the one line that the sandbox replaces is its own.
 */
export class Trust {
  readonly #digests: Set<string>;

  constructor(digests: Iterable<string> = []) {
    this.#digests = new Set(digests);
  }

  add(digest: string): void {
    this.#digests.add(digest);
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  /** @param text a whole document, or a whole part of user data */
  trusts(text: string): boolean {
    return this.has(digestOf(text));
  }
}

/** sha256 in hex. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The script with its root line naming the tree, or what is wrong with it. */
export function atRoot(script: string, root: string): { script: string } | { refusal: string } {
  const lines = script.split('\n');
  const found = lines.filter((line) => line === rootLine).length;
  if (found !== 1)
    return { refusal: `The script has ${found} lines that read ${rootLine}; the sandbox needs exactly one.` };
  const quoted = `SNAPKEEP_ROOT='${root.replaceAll("'", "'\\''")}'`;
  return { script: lines.map((line) => (line === rootLine ? quoted : line)).join('\n') };
}
