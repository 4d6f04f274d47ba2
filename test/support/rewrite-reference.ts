/**
 * What a rewrite means, written down a second time and in another way than the script: one regular expression made of
 * all old values, over files as Latin-1 text, and a character-wise reading of shell assignments.
 */
export interface ReferenceRule {
  readonly format: 'plain' | 'shell-assignment' | 'hosts';
  readonly keepComments?: boolean | undefined;
  readonly keys?: readonly string[] | undefined;
  readonly neverKeys?: readonly string[] | undefined;
  readonly dropOptions?: readonly string[] | undefined;
}

export interface ReferenceValues {
  readonly map: ReadonlyMap<string, string>;
  readonly gone?: readonly string[];
  readonly own?: readonly string[];
}

export interface Rewritten {
  readonly text: string;
  readonly count: number;
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\-]/g, '\\$&');

function alternative(old: string): string {
  if (old.includes(':')) return `(?<![0-9a-f:.])${literal(old)}(?![0-9a-f:.])`;
  if (/^\d+(\.\d+){3}$/.test(old)) return `(?<![0-9.])${literal(old)}(?![0-9.])`;
  const before = '(?<![0-9a-z_.-])';
  if (/^(ip|ec2)(-\d+){4}$/.test(old)) return `${before}${literal(old)}(?![0-9a-z_-])`;
  return `${before}${literal(old)}(?![0-9a-z_-])(?!\\.[0-9a-z_-])`;
}

/** Half-open range of positions that may change. */
type Range = readonly [from: number, to: number];

class Replacer {
  readonly #values = new Map<string, string>();
  readonly #pattern: RegExp;

  constructor(map: ReadonlyMap<string, string>) {
    for (const [old, successor] of map) {
      if (old.toLowerCase() !== successor.toLowerCase()) this.#values.set(old.toLowerCase(), successor);
    }
    const olds = [...this.#values.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(olds.length === 0 ? '(?!)' : olds.map(alternative).join('|'), 'gi');
  }

  replace(line: string, ranges: readonly Range[]): Rewritten {
    let count = 0;
    const text = line.replaceAll(this.#pattern, (found, ...rest: unknown[]) => {
      const at = Number(rest[rest.length - 2]);
      if (!ranges.some(([from, to]) => at >= from && at + found.length <= to)) return found;
      count += 1;
      return this.#values.get(found.toLowerCase()) ?? found;
    });
    return { text, count };
  }
}

/** The file after the rewrite; the same text when nothing in it changes. */
export function rewriteReference(text: string, rule: ReferenceRule, values: ReferenceValues): Rewritten {
  const replacer = new Replacer(values.map);
  const lines = text.split('\n');
  const rewritten =
    rule.format === 'shell-assignment'
      ? shellLines(lines, rule, values, replacer)
      : lines.map((line) =>
          replacer.replace(
            line,
            rule.format === 'hosts' ? hostsRanges(line, values) : plainRanges(line, rule),
          ),
        );
  return {
    text: rewritten.map((line) => line.text).join('\n'),
    count: rewritten.reduce((total, line) => total + line.count, 0),
  };
}

function plainRanges(line: string, rule: ReferenceRule): readonly Range[] {
  if (!rule.keepComments) return [[0, line.length]];
  if (/^[ \t]*#/.test(line)) return [];
  for (const { index } of line.matchAll(/(?<=[ \t])#/g)) {
    const before = line.slice(0, index);
    const even = (quote: string): boolean => before.split(quote).length % 2 === 1;
    if (even('"') && even("'")) return [[0, index]];
  }
  return [[0, line.length]];
}

function hostsRanges(line: string, values: ReferenceValues): readonly Range[] {
  const content = line.split('#', 1)[0] ?? '';
  const address = (content.trimStart().split(/[ \t\r]/, 1)[0] ?? '').toLowerCase();
  const own =
    values.own?.some((each) => each.toLowerCase() === address) ||
    [...values.map.keys()].some((old) => old.toLowerCase() === address) ||
    address.startsWith('127.') ||
    address === '::1';
  return own ? [[0, content.length]] : [];
}

function shellLines(
  lines: readonly string[],
  rule: ReferenceRule,
  values: ReferenceValues,
  replacer: Replacer,
): readonly Rewritten[] {
  let quote: string | undefined;
  let joined = false;
  let selected = true;
  return lines.map((line) => {
    if (quote === undefined && !joined) selected = isSelected(line, rule);
    let comment: number | undefined;
    joined = false;
    for (let i = 0; i < line.length; i += 1) {
      const c = line.charAt(i);
      if (quote === "'") {
        if (c === "'") quote = undefined;
      } else if (c === '\\') {
        const rest = line.slice(i + 1);
        joined = rest === '' || rest === '\r';
        i += 1;
      } else if (quote === '"') {
        if (c === '"') quote = undefined;
      } else if (c === '"' || c === "'") quote = c;
      else if (c === '#' && (i === 0 || /[ \t]/.test(line.charAt(i - 1)))) {
        comment = i;
        break;
      }
    }
    if (!selected) return { text: line, count: 0 };
    const end = rule.keepComments ? (comment ?? line.length) : line.length;
    return shellValue(line, end, rule, values, replacer);
  });
}

function isSelected(line: string, rule: ReferenceRule): boolean {
  const key = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)\+?=/.exec(line)?.[1];
  if (key === undefined) return rule.keys === undefined;
  return !rule.neverKeys?.includes(key) && (rule.keys?.includes(key) ?? true);
}

function shellValue(
  line: string,
  end: number,
  rule: ReferenceRule,
  values: ReferenceValues,
  replacer: Replacer,
): Rewritten {
  const kept = (rule.neverKeys ?? []).flatMap((key) => words(line, end, key));
  const dropped = (rule.dropOptions ?? []).flatMap((key) =>
    words(line, end, key).flatMap(([from, to]): Range[] => {
      const value = line.slice(from + key.length + 1, to).toLowerCase();
      const gone = values.gone?.some((each) => each.toLowerCase() === value) && !values.map.has(value);
      const lead = /(?:[ \t]+|(?<=["']))(?:-e|--env)[ \t=]+$/.exec(line.slice(0, from));
      // What is never touched is not taken away either.
      const open = lead !== null && !kept.some(([a, b]) => lead.index >= a && lead.index < b);
      return gone && open ? [[lead.index, to]] : [];
    }),
  );
  const open: Range[] = [];
  let at = 0;
  for (const [from, to] of [...kept, ...dropped].sort((a, b) => a[0] - b[0])) {
    if (from < at) continue;
    open.push([at, from]);
    at = to;
  }
  open.push([at, end]);
  // Words are taken out from the right, so that the places of the others stay true.
  const { text, count } = replacer.replace(line, open);
  if (dropped.length === 0) return { text, count };
  let result = '';
  let total = dropped.length;
  let position = 0;
  for (const [from, to] of dropped.toSorted((a, b) => a[0] - b[0])) {
    const piece = replacer.replace(
      line,
      open.map(([a, b]): Range => [Math.max(a, position), Math.min(b, from)]),
    );
    result += sliceRewritten(line, position, from, open, replacer);
    total += piece.count;
    position = to;
  }
  result += sliceRewritten(line, position, line.length, open, replacer);
  total += replacer.replace(
    line,
    open.map(([a, b]): Range => [Math.max(a, position), b]),
  ).count;
  return { text: result, count: total };
}

/** The rewritten form of one part of a line: what stays before and behind it is cut off again. */
function sliceRewritten(
  line: string,
  from: number,
  to: number,
  open: readonly Range[],
  replacer: Replacer,
): string {
  const inside = open.map(([a, b]): Range => [Math.max(a, from), Math.min(b, to)]);
  const { text } = replacer.replace(line, inside);
  return text.slice(from, text.length - (line.length - to));
}

/** Places of `KEY=word` in a line. */
function words(line: string, end: number, key: string): readonly Range[] {
  const found: Range[] = [];
  const pattern = new RegExp(`(?<![A-Za-z0-9_])${key}=(\\\\?["'])?`, 'g');
  for (;;) {
    const match = pattern.exec(line);
    if (match === null || match.index >= end) return found;
    const start = match.index + key.length + 1;
    const quote = match[1];
    let to: number;
    if (quote !== undefined) {
      const close = line.slice(0, end).indexOf(quote, start + quote.length);
      to = close < 0 ? end : close + quote.length;
    } else {
      const stop = line.slice(start, end).search(/[ \t\r"']/);
      to = stop < 0 ? end : start + stop;
    }
    found.push([match.index, to]);
    pattern.lastIndex = Math.max(to, match.index + 1);
  }
}
