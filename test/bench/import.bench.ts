import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../functions/plan/load.ts';
import { buildBundles } from '../../lib/bundles.ts';
import type { Figure } from './figure.ts';

const rounds = 11;
const workers = ['backup-worker', 'rotate-worker', 'restore-worker'] as const;

/** Prints the time of the import alone: starting Node is Lambda's, and is the same for every function. */
const probe = `
  const before = performance.now();
  const { handler } = await import(process.argv[1]);
  const milliseconds = performance.now() - before;
  if (typeof handler !== 'function') throw new Error('the bundle has no handler');
  process.stdout.write(String(milliseconds), () => process.exit(0));
`;

/** The median over fresh processes, each with the variables that the function has in Lambda; the first is not counted. */
function coldImport(folder: string): number {
  const arn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:example-${name}:live`;
  const env = {
    AWS_REGION: 'eu-west-1',
    LAMBDA_TASK_ROOT: folder,
    SNAPKEEP_BACKUP_WORKER_ARN: arn('backup-worker'),
    SNAPKEEP_ROTATE_WORKER_ARN: arn('rotate-worker'),
    SNAPKEEP_TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:example',
  };
  const code = pathToFileURL(join(folder, 'index.mjs')).href;
  const times = Array.from({ length: rounds + 1 }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', probe, code], { env, encoding: 'utf8' }),
    ),
  );
  return times.slice(1).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

/** How long a worker's bundle takes to load in a new environment, and how large it is. */
export async function benchImport(): Promise<Figure[]> {
  const outputFolder = mkdtempSync(join(tmpdir(), 'snapkeep-bench-'));
  try {
    const {
      regions: [config],
    } = await loadConfig('docs/examples/snapkeep.yaml');
    const bundles = await buildBundles({ config, snapkeepVersion: '0.0.0-bench', outputFolder });
    return workers.flatMap((name) => [
      { name: `cold import, ${name}`, value: coldImport(bundles[name]), limit: 200, unit: 'ms' },
      {
        name: `size, ${name}`,
        value: statSync(join(bundles[name], 'index.mjs')).size / 1e6,
        limit: 1.6,
        unit: 'MB',
      },
    ]);
  } finally {
    rmSync(outputFolder, { recursive: true });
  }
}
