import { spawn, spawnSync } from 'node:child_process';

export interface ProcessPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing of this process's own is passed on. */
  readonly env: Readonly<Record<string, string>>;
  /** Real seconds after which it is ended, whatever it does. */
  readonly limitSeconds: number;
}

export interface ProcessResult {
  /** 128 and the signal's number when a signal ended it, as a shell would say it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the real limit ended it. */
  readonly timedOut: boolean;
}

/** Kept of each stream; the service shows less. */
const keptBytes = 256 * 1024;
const killed = 137;

/**
 * Runs a process in a process group of its own, with nothing on standard input. When it has ended, or its time is
 * up, whatever is left of the group is killed: nothing that it put into the background goes on.
 */
export function run(plan: ProcessPlan): Promise<ProcessResult> {
  const { promise, resolve } = Promise.withResolvers<ProcessResult>();
  const child = spawn(plan.command, [...plan.args], {
    cwd: plan.cwd,
    env: { ...plan.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = keep(child.stdout);
  const stderr = keep(child.stderr);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, plan.limitSeconds * 1000);
  child.on('error', (error) => {
    clearTimeout(timer);
    resolve({ exitCode: 127, stdout: '', stderr: `${error.message}\n`, timedOut: false });
  });
  // Not `close` at once: a process in the background holds the pipes open.
  child.on('exit', () => killGroup(child.pid));
  child.on('close', (code) => {
    clearTimeout(timer);
    resolve({ exitCode: code ?? killed, stdout: stdout(), stderr: stderr(), timedOut });
  });
  return promise;
}

/** The same at once, for what happens inside of an event of the world. */
export function runNow(plan: ProcessPlan): ProcessResult {
  const result = spawnSync(plan.command, [...plan.args], {
    cwd: plan.cwd,
    env: { ...plan.env },
    // Not in the types of Node, though spawnSync takes the same options as spawn: a group of its own.
    ...{ detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: plan.limitSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024 * 1024,
  });
  killGroup(result.pid);
  const text = (bytes: Buffer | null): string => bytes?.subarray(0, keptBytes).toString('utf8') ?? '';
  const timedOut = result.error !== undefined && 'code' in result.error && result.error.code === 'ETIMEDOUT';
  if (result.error && !timedOut)
    return { exitCode: 127, stdout: '', stderr: `${result.error.message}\n`, timedOut: false };
  return {
    exitCode: result.status ?? killed,
    stdout: text(result.stdout),
    stderr: text(result.stderr),
    timedOut,
  };
}

function keep(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    // What is too much is read all the same, else the process would wait for a reader.
    if (size < keptBytes) chunks.push(chunk.subarray(0, keptBytes - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup(pid: number | undefined): void {
  // 0 and 1 would mean this process's own group, and every process.
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
