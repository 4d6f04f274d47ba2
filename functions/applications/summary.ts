/** What `rewrite` or `undo` printed: counts, and the files that a person should know of. */
export interface MachineSummary {
  readonly counts: Readonly<Record<'files' | 'changed' | 'unchanged' | 'warnings' | 'replacements', number>>;
  /** Changed, created, restored or removed. */
  readonly changed: readonly SummaryLine[];
  /** Skipped or refused, with the reason in `remark`. */
  readonly left: readonly SummaryLine[];
  /** Lines for which the 24,000 characters of Systems Manager had no room; they are in the report on the machine. */
  readonly more: number;
  /** `sha256:<hex>` of the report on the machine; undefined when the output was cut before it. */
  readonly digest: string | undefined;
}

export interface SummaryLine {
  readonly outcome: string;
  readonly replacements: number;
  /** Empty when there is nothing to remark. */
  readonly remark: string;
  /** Bytes outside of printable ASCII and backslashes as `\ooo`. */
  readonly path: string;
}

const countPattern = /^(files|changed|unchanged|warnings|replacements|more) (\d+)$/;
const linePattern = /^(changed|created|restored|removed|skipped|refused) (\d+) (\S+) (\/.*)$/;

/** Reads a summary. Lines that it does not know are left out: a script of the machine may have printed one. */
export function readSummary(stdout: string): MachineSummary {
  const counts = { files: 0, changed: 0, unchanged: 0, warnings: 0, replacements: 0, more: 0 };
  const lines: SummaryLine[] = [];
  let digest: string | undefined;
  for (const line of stdout.split('\n')) {
    const count = countPattern.exec(line);
    // Sound: the pattern lists the keys of `counts`.
    if (count !== null) counts[count[1] as keyof typeof counts] = Number(count[2]);
    const file = linePattern.exec(line);
    if (file !== null) {
      const [, outcome = '', replacements = '0', remark = '-', path = ''] = file;
      lines.push({ outcome, replacements: Number(replacements), remark: remark === '-' ? '' : remark, path });
    }
    if (line.startsWith('digest ')) digest = line.slice('digest '.length);
  }
  const isLeft = (line: SummaryLine): boolean => line.outcome === 'skipped' || line.outcome === 'refused';
  const { more, ...rest } = counts;
  return {
    counts: rest,
    changed: lines.filter((line) => !isLeft(line)),
    left: lines.filter(isLeft),
    more,
    digest,
  };
}
