import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createLogger } from '../../bin/cli/logger.ts';
import { createProgress } from '../../bin/cli/progress.ts';
import { type Register, runCli } from '../../bin/cli/run.ts';
import { formatBytes, formatDuration, formatTable, plain } from '../../bin/cli/text.ts';
import { exitCodes, failedError, refusedError } from '../../functions/shared/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { cli, cliIo } from '../support/cli.ts';

const script = new URL('../../bin/snapkeep.ts', import.meta.url).pathname;

/** A shell with one verb `try` whose body is given. */
const withVerb =
  (body: (signal: AbortSignal) => Promise<number>): Register =>
  (program, host) => {
    program
      .command('try')
      .argument('<what>')
      .option('--slot <time>')
      .action(host.run(async (invocation) => body(invocation.io.signal)));
  };

async function tryVerb(body: (signal: AbortSignal) => Promise<number>, argv = ['try', 'it'], env = {}) {
  const io = cliIo({ env });
  const exitCode = await runCli(argv, io, [withVerb(body)]);
  return { exitCode, ...io.output() };
}

describe('help', () => {
  test.each([['--help'], ['validate', '--help'], ['help', 'validate']])(
    '%s %s ends with the exit codes',
    async (...argv) => {
      const { exitCode, stdout, stderr } = await cli(argv);
      expect(exitCode).toBe(0);
      expect(stderr).toBe('');
      expect(stdout.trimEnd().split('\n').slice(-7)).toEqual([
        'Exit codes:',
        expect.stringMatching(/^ {2}0 /),
        expect.stringMatching(/^ {2}1 /),
        expect.stringMatching(/^ {2}2 /),
        expect.stringMatching(/^ {2}3 /),
        expect.stringMatching(/^ {2}4 /),
        expect.stringMatching(/^ {2}130 /),
      ]);
      expect(stdout).toContain('--json');
    },
  );

  test('--version prints the version of the package', async () => {
    expect(await cli(['--version'])).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test('without a verb the help goes to stderr and the exit code is 2', async () => {
    const { exitCode, stdout, stderr } = await cli([]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Commands:');
  });
});

describe('mistakes on the command line', () => {
  test.each([
    [['vaildate'], "unknown command 'vaildate'.", 'Did you mean validate?'],
    [['zzz'], "unknown command 'zzz'.", 'Run `snapkeep --help`'],
    [['validate', '--frce'], "unknown option '--frce'.", ''],
    [['validate', 'extra'], "too many arguments for 'validate'. Expected 0 arguments but got 1.", ''],
    [['init', '--application'], 'argument missing', ''],
  ])('%j is answered with one sentence and exit code 2', async (argv, sentence, remedy) => {
    const { exitCode, stdout, stderr } = await cli(argv);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^snapkeep: /);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain(remedy);
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });

  test('a missing argument is named', async () => {
    const { exitCode, stderr } = await tryVerb(async () => 0, ['try']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("missing required argument 'what'");
  });

  test('with --json the error is a document on stdout as well', async () => {
    const { exitCode, stdout, stderr } = await cli(['--json', 'vaildate']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { kind: 'usage', message: "unknown command 'vaildate'.", remedy: 'Did you mean validate?' },
    });
    expect(stderr).toContain('snapkeep: unknown command');
  });

  test('with --json and no verb there is a document too', async () => {
    const { exitCode, stdout } = await cli(['--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'usage', message: 'no command given.' } });
  });

  test('--json behind -- is an argument', async () => {
    const { stdout } = await tryVerb(async () => Promise.reject(failedError('no.')), ['try', '--', '--json']);
    expect(stdout).toBe('');
  });
});

describe('the end of a verb', () => {
  test.each(Object.values(exitCodes))('the exit code %i of a body is the exit code', async (code) => {
    expect(await tryVerb(async () => code)).toEqual({ exitCode: code, stdout: '', stderr: '' });
  });

  test('an expected error is a sentence and a remedy, without a stack', async () => {
    expect(await tryVerb(() => Promise.reject(failedError('the vault is gone.', 'Make one.')))).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'snapkeep: the vault is gone.\n  Make one.\n',
    });
    expect((await tryVerb(() => Promise.reject(refusedError('too many.')))).exitCode).toBe(4);
  });

  test('an unexpected error is a sentence, and a stack only when asked for', async () => {
    const fail = () => Promise.reject(new TypeError('x is\n undefined'));
    const quiet = await tryVerb(fail);
    expect(quiet.exitCode).toBe(1);
    expect(quiet.stderr).toBe(
      'snapkeep: unexpected error: TypeError: x is undefined\n  Run again with SNAPKEEP_DEBUG=1 to see where it comes from.\n',
    );
    const debug = await tryVerb(fail, undefined, { SNAPKEEP_DEBUG: '1' });
    expect(debug.stderr).toContain('shell.test.ts');
  });

  test('control characters of messages do not reach the terminal', async () => {
    const { stderr } = await tryVerb(() => Promise.reject(failedError('tag \u001b[31mred\u0007.')));
    expect(stderr).toBe('snapkeep: tag [31mred.\n');
  });

  test('an interrupt ends in exit code 130, whatever the verb failed with', async () => {
    const controller = new AbortController();
    const io = cliIo({ signal: controller.signal });
    const body = (signal: AbortSignal) =>
      new Promise<number>((_, reject) => {
        signal.addEventListener('abort', () => reject(failedError('the request was cut off.')));
        controller.abort();
      });
    expect(await runCli(['try', 'it', '--json'], io, [withVerb(body)])).toBe(130);
    expect(io.output().stderr).toBe('snapkeep: interrupted: state is safe, run the same command again\n');
    expect(JSON.parse(io.output().stdout)).toMatchObject({ error: { kind: 'interrupted' } });
  });

  test('a verb can run another one on an Io of its own', async () => {
    const inner = cliIo();
    const outer = cliIo();
    const registerTwice: Register = (program, host) => {
      program.command('twice').action(host.run((invocation) => invocation.runVerb(['try', 'it'], inner)));
    };
    const body = () => Promise.reject(refusedError('not here.'));
    expect(await runCli(['twice'], outer, [withVerb(body), registerTwice])).toBe(4);
    expect(inner.output().stderr).toBe('snapkeep: not here.\n');
    expect(outer.output().stderr).toBe('');
  });

  test('a verb that ends in good order after an interrupt keeps its own exit code', async () => {
    const controller = new AbortController();
    const io = cliIo({ signal: controller.signal });
    const body = async () => {
      controller.abort();
      return exitCodes.done;
    };
    expect(await runCli(['try', 'it'], io, [withVerb(body)])).toBe(0);
  });
});

describe('the real process', () => {
  async function run(argv: readonly string[], cwd: string) {
    const child = spawn(process.execPath, [script, ...argv], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    return { exitCode, stdout, stderr };
  }

  test('init, validate and a broken file, each with its exit code and no warning of the runtime', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'snapkeep-cli-'));
    expect(await run(['init', '--application', 'gitlab'], cwd)).toMatchObject({ exitCode: 0, stderr: '' });
    const valid = await run(['validate', '--json'], cwd);
    expect(valid).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(valid.stdout)).toMatchObject({ valid: true, deployment: 'change-me' });
    await writeFile(join(cwd, 'broken.yaml'), 'version: [');
    expect(await run(['-c', 'broken.yaml', 'validate'], cwd)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^snapkeep: broken\.yaml:1:\d+: not valid YAML: [^\n]*\n$/),
    });
  });

  test('a reader that has gone is no error', async () => {
    const child = spawn(process.execPath, [script, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test.each(['stdout', 'stderr'] as const)(
    'without a reader of %s a failure is still a failure',
    async (gone) => {
      const argv = ['--json', 'retention', '--policy', '{}'];
      const child = spawn(process.execPath, [script, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
      child[gone].destroy();
      child[gone === 'stdout' ? 'stderr' : 'stdout'].resume();
      const [exitCode] = await once(child, 'exit');
      expect(exitCode).toBe(2);
    },
  );
});

describe('text', () => {
  test('tables have two spaces between columns, none at the end of a line, and no control characters', () => {
    const table = formatTable(
      ['backup id', 'plan', 'errors'],
      [
        ['1795140000_2026_11_20_ci', 'ci', ''],
        ['x\u001b[2J', 'two\nlines', '3'],
      ],
    );
    expect(table).toBe(
      [
        'BACKUP ID                 PLAN       ERRORS',
        '1795140000_2026_11_20_ci  ci',
        'x[2J                      two lines  3',
        '',
      ].join('\n'),
    );
    expect(formatTable(['plan'], [])).toBe('PLAN\n');
    expect(plain('a\tb\nc\u009bd')).toBe('a\tb\ncd');
  });

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [8_589_934_592, '8.0 GiB'],
    [107_374_182_400, '100 GiB'],
    [1_099_511_627_775, '1.0 TiB'],
    [2 ** 60, '1024 PiB'],
  ])('%i bytes are %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });

  test.each([
    [400, '0.4 s'],
    [42_000, '42 s'],
    [59_700, '1 min'],
    [900_000, '15 min'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
    [43_200_000, '12 h'],
    [273_600_000, '3 d 4 h'],
    [604_800_000, '7 d'],
  ])('%i milliseconds are %s', (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words);
  });

  test('progress is one line on a terminal, which a log line takes away, and nothing in a pipe', () => {
    const terminal = cliIo({ isTerminal: true, columns: 11 });
    const progress = createProgress(terminal);
    progress.update('3 of 5 sources');
    progress.update('too soon to see');
    progress.clear();
    progress.clear();
    expect(terminal.output().stderr).toBe('\r\u001b[2K3 of 5 sou\r\u001b[2K');

    const other = cliIo({ isTerminal: true });
    createLogger(other).warn('look out');
    expect(other.output().stderr).toBe('\r\u001b[2Kwarning: look out\n');
    createLogger(other).info('nobody asked');
    expect(other.output().stderr).not.toContain('nobody');

    const pipe = cliIo();
    createProgress(pipe).update('3 of 5 sources');
    expect(pipe.output()).toEqual({ stdout: '', stderr: '' });
  });
});
