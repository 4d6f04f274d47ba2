import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { collectEarly } from '../../bin/cli/memory.ts';
import { formatTable } from '../../bin/cli/text.ts';
import { type Figure, isWithin } from './figure.ts';

type BackupBench = 'fleetOf300' | 'fleetOf1000Paced' | 'fleetOf1000WithPendingQuota' | 'fleetOf3000';

/** As the verb does it: V8 is told before the clients are loaded. */
const backup = (name: BackupBench) => async (): Promise<Figure[]> => {
  collectEarly();
  return (await import('./backup.bench.ts'))[name]();
};

/**
 * `npm run bench [-- name ...]`: every promised figure with its limit. Each bench runs in a process of its own, since
 * memory is one of the figures, and loads nothing but its own: Linux counts the memory of the process that starts
 * another towards the peak of the new one. Exit code 1 when a limit is exceeded.
 */
const benches: Readonly<Record<string, () => Promise<Figure[]>>> = {
  'backup of 300 instances': backup('fleetOf300'),
  'backup of 1,000, paced': backup('fleetOf1000Paced'),
  'backup of 1,000, 100 pending': backup('fleetOf1000WithPendingQuota'),
  'backup of 3,000': backup('fleetOf3000'),
  'rotation of 5,000, paced': async () => (await import('./rotate.bench.ts')).rotationOf5000(),
  'rewrite of 10 MB': async () => (await import('./rewrite.bench.ts')).benchRewrite(),
  'retention of 1,000,000': async () =>
    (await import('./retention.bench.ts')).benchRetention().map(({ timeline, ratio }) => ({
      name: `time over sorting, ${timeline}`,
      value: ratio,
      limit: 2.5,
      unit: 'x',
    })),
  'import of the bundles': async () => (await import('./import.bench.ts')).benchImport(),
};

const inOwnProcess = '--in-own-process';

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === inOwnProcess) {
    const figures = await benches[argv[1] ?? '']?.();
    process.stdout.write(JSON.stringify(figures ?? []));
    return 0;
  }
  const names = Object.keys(benches).filter(
    (name) => argv.length === 0 || argv.some((word) => name.includes(word)),
  );
  const rows = names.flatMap((name) => measure(name).map((figure) => [name, figure] as const));
  console.log(formatTable(['bench', 'figure', 'value', 'limit', ''], rows.map(rowOf)));
  return rows.every(([, figure]) => isWithin(figure)) ? 0 : 1;
}

function measure(name: string): Figure[] {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), inOwnProcess, name], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 24,
  });
  if (child.status !== 0) throw new Error(`the bench of ${name} ended with ${child.status ?? child.signal}`);
  // Sound: written by `main` above from the same type.
  return JSON.parse(child.stdout) as Figure[];
}

function rowOf([name, figure]: readonly [string, Figure]): string[] {
  const { value, limit, unit } = figure;
  const text = (number: number) => `${Number.isInteger(number) ? number : number.toFixed(2)} ${unit}`.trim();
  const verdict = limit === undefined ? '' : isWithin(figure) ? 'ok' : 'EXCEEDED';
  return [name, figure.name, text(value), limit === undefined ? '-' : text(limit), verdict];
}

process.exit(await main(process.argv.slice(2)));
