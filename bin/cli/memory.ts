import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Both halves of the space in which V8 makes new objects; on a 64-bit machine it would grow to 128 MiB. */
const newSpaceBytes = 8 * 2 ** 20;

/** How much the heap may grow beyond what is alive, in percent, before it is collected; V8 allows up to 300. */
const growthPercent = 20;

/**
 * Makes V8 collect early rather than grow, for this process, from now on; best before the AWS clients are loaded.
 * Most of what a backup allocates are answers that are read once, and left alone V8 keeps several hundred megabytes
 * of such garbage around. It costs processor time where the work waits for the network anyway, and it limits
 * nothing: a heap that is really needed grows as large as ever.
 *
 * The flags that limit the new space itself are read only when a process starts, and a script that is run as
 * `node bin/snapkeep.ts` cannot choose them; the factor by which it grows is read each time.
 */
export function collectEarly(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  // While V8 marks bit by bit, a busy program makes more garbage than that limit allows; at once is 50 ms for 100 MB.
  setFlagsFromString('--no-incremental-marking');
  // A tiny new space would take objects for old that die with the request at hand. It doubles when enough survives.
  const survivors: object[] = [];
  while (newSpaceSize() < newSpaceBytes && survivors.length < 1_000_000) {
    for (let count = 0; count < 1_000; count += 1) survivors.push({});
  }
  setFlagsFromString('--semi-space-growth-factor=1');
}

const newSpaceSize = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? newSpaceBytes;
