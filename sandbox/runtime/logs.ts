/** What functions write, by function, and the metrics that are in it. */

export interface LogLine {
  /** Real time in milliseconds since the epoch. */
  readonly at: number;
  /** Functions of one name may be in several Regions. */
  readonly region: string;
  readonly text: string;
}

/** Who writes. */
interface Writer {
  readonly name: string;
  readonly region: string;
}

const keptLines = 5000;

export class FunctionLogs {
  readonly #lines = new Map<string, LogLine[]>();
  readonly #listeners: ((writer: Writer, line: LogLine) => void)[] = [];

  write({ name, region }: Writer, text: string): void {
    const lines = this.#lines.get(name) ?? [];
    this.#lines.set(name, lines);
    const line = { at: Date.now(), region, text };
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    for (const listener of this.#listeners) listener({ name, region }, line);
  }

  /** Of all functions of that name, oldest first, the last 5,000. */
  of(functionName: string): readonly LogLine[] {
    return this.#lines.get(functionName) ?? [];
  }

  /** Told of every line from now on. */
  onLine(listener: (writer: Writer, line: LogLine) => void): void {
    this.#listeners.push(listener);
  }
}

/** Cuts a stream of text into lines. */
export function lineReader(take: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = '';
  return {
    push(text) {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') take(line);
    },
    end() {
      if (rest !== '') take(rest);
      rest = '';
    },
  };
}
