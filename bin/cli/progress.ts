import type { Io } from './io.ts';
import { plain } from './text.ts';

/** One line on a terminal that says how far a command is; nothing in a pipe. */
export interface Progress {
  /** Replaces the line. */
  update(text: string): void;
  /** Removes the line. Call it before printing anything else, and at the end. */
  clear(): void;
}

/** Takes away what stands in the terminal's line. */
export const eraseLine = '\r\u001b[2K';
const shortestPause = 80;

export function createProgress(io: Pick<Io, 'stderr' | 'isTerminal' | 'columns'>): Progress {
  if (!io.isTerminal) return { update() {}, clear() {} };
  let shown = false;
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update: (text) => {
      // Real time, not the command's clock: this is about what an eye can follow.
      const now = performance.now();
      if (now - drawnAt < shortestPause) return;
      drawnAt = now;
      shown = true;
      io.stderr.write(
        eraseLine +
          plain(text)
            .replaceAll('\n', ' ')
            .slice(0, Math.max(1, io.columns - 1)),
      );
    },
    clear: () => {
      if (shown) io.stderr.write(eraseLine);
      shown = false;
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}
