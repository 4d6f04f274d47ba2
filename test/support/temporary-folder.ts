import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Everything temporary of a run lies in one folder, which goes with the run: synthesized stacks and trees of machines
 * would fill the disk otherwise, also those of tests that fail or are killed. Workers inherit the variable.
 */
export default function setUp(): () => void {
  const outer = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), 'snapkeep-tests-'));
  process.env.TMPDIR = folder;
  return () => {
    if (outer === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = outer;
    rmSync(folder, { recursive: true, force: true });
  };
}
