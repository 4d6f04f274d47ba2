import { lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inside } from './inside.ts';
import { type ProcessPlan, runNow } from './processes.ts';

const setup = join(import.meta.dirname, 'isolate.sh');
const hostPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** In order: user (mapped to root), mount, PID, network, IPC and UTS namespaces; all of it ends with its first process. */
const namespaces = ['-r', '-m', '-p', '-n', '-i', '-u', '--fork', '--kill-child'];

/** How a run's script is started inside of its tree. `standIns` is mounted read-only. */
export function isolated(
  tree: string,
  run: string,
  standIns: string,
  env: Readonly<Record<string, string>>,
  limitSeconds: number,
): ProcessPlan {
  return {
    command: 'unshare',
    args: [...namespaces, '/bin/sh', setup, tree, run, standIns],
    cwd: '/',
    env: { ...env, PATH: hostPath },
    limitSeconds,
  };
}

let known: string | undefined | false = false;

/**
 * Why this computer cannot run anything isolated, or undefined if it can. Found out once, by doing the same as for a
 * script up to the point where the tree's own shell would begin: an empty tree has none.
 */
export function isolationProblem(): string | undefined {
  if (known === false) known = probe();
  return known;
}

function probe(): string | undefined {
  if (process.platform !== 'linux')
    return `namespaces are a matter of Linux, and this is ${process.platform}`;
  const folder = mkdtempSync(join(tmpdir(), 'snapkeep-isolation-'));
  try {
    for (const name of ['tree', 'run', 'run/bin', 'bin']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'run/script'), '');
    const plan = isolated(join(folder, 'tree'), join(folder, 'run'), join(folder, 'bin'), {}, 10);
    const { exitCode, stderr } = runNow(plan);
    // chroot(1): 127 when the command is not found, which is as far as an empty tree can get.
    return exitCode === 127 && /\/bin\/sh/.test(stderr) && /chroot/.test(stderr)
      ? undefined
      : `user namespaces do not work here: ${stderr.trim().split('\n')[0] ?? `exit status ${exitCode}`}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a tree brings the shell that runs a script inside of it. */
export function hasShell(tree: string): boolean {
  const shell = inside(tree, '/bin/sh');
  return shell !== undefined && (lstatSync(shell, { throwIfNoEntry: false })?.isFile() ?? false);
}
