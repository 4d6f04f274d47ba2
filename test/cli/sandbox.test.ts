import { type ChildProcessByStdio, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runCli } from '../../bin/cli/run.ts';
import { cli, cliIo } from '../support/cli.ts';
import { orSkip } from '../support/skipped.ts';

const documentSchema = z.object({
  url: z.string(),
  instances: z.number(),
  environment: z.record(z.string(), z.string()),
});

/** Runs `snapkeep --json sandbox --port 0 ...` in this process until `stop` is called. */
async function serve(...options: readonly string[]) {
  const controller = new AbortController();
  const io = cliIo({ signal: controller.signal });
  const ended = runCli(['--json', 'sandbox', '--port', '0', ...options], io);
  let failed: number | undefined;
  ended.then((exitCode) => {
    failed = exitCode;
  });
  while (!io.output().stdout.includes('\n}')) {
    if (failed !== undefined) throw new Error(`ended with ${failed}: ${io.output().stderr}`);
    await new Promise((proceed) => setTimeout(proceed, 5));
  }
  const document = documentSchema.parse(JSON.parse(io.output().stdout));
  const stop = async () => {
    controller.abort();
    return { exitCode: await ended, ...io.output() };
  };
  return { ...document, stop };
}

const clientOf = ({ url, environment }: z.infer<typeof documentSchema>) =>
  new EC2Client({
    endpoint: url,
    region: environment.AWS_REGION ?? '',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    },
  });

describe('snapkeep sandbox', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapkeep-cli-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('serves the example estate to a client with the environment that it prints, and ends with 0', async () => {
    const sandbox = await serve();
    const { Reservations = [] } = await clientOf(sandbox).send(new DescribeInstancesCommand({}));
    expect(Reservations.flatMap(({ Instances = [] }) => Instances)).toHaveLength(sandbox.instances);
    const result = await sandbox.stop();
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('answered 1 request and is gone');
    await expect(fetch(`${sandbox.url}/_sandbox/clock`)).rejects.toThrow();
  });

  it('answers the control requests that it tells of', async () => {
    const sandbox = await serve();
    await clientOf(sandbox).send(new DescribeInstancesCommand({}));
    const requests: unknown = await (await fetch(`${sandbox.url}/_sandbox/requests`)).json();
    expect(JSON.stringify(requests)).toContain('"DescribeInstances":{"count":1');
    for (const name of ['clock', 'faults']) {
      expect((await fetch(`${sandbox.url}/_sandbox/${name}`)).status, name).toBe(200);
    }
    await sandbox.stop();
  });

  it('passes its switches on to the sandbox', async () => {
    const sandbox = await serve('--throttle', '--latency-ms', '120');
    const began = performance.now();
    await clientOf(sandbox).send(new DescribeInstancesCommand({}));
    expect(performance.now() - began).toBeGreaterThan(115);
    const faults: unknown = await (await fetch(`${sandbox.url}/_sandbox/faults`)).json();
    expect(JSON.stringify(faults)).toContain('"enabled":true');
    await sandbox.stop();
  });

  it('serves an estate of the user, from a path relative to where they are', async () => {
    writeFileSync(
      join(folder, 'mine.yaml'),
      'version: 1\naccount: "210987654321"\nregion: us-east-1\nbuckets: [{ name: my-vault }]\n',
    );
    const controller = new AbortController();
    const io = cliIo({ cwd: folder, signal: controller.signal });
    const ended = runCli(['sandbox', '--port', '0', '--estate', 'mine.yaml'], io);
    while (io.output().stdout === '') await new Promise((proceed) => setTimeout(proceed, 5));
    controller.abort();
    expect(await ended).toBe(0);
    expect(io.output().stdout).toContain('export AWS_REGION=us-east-1');
    expect(io.output().stdout).toContain('account 210987654321');
  });

  it('says in a sentence that the port is in use, and ends with 2', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const result = await cli(['sandbox', '--port', `${port}`]);
    other.close();
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(`snapkeep: Port ${port} of 127.0.0.1 is in use.`);
    expect(result.stdout).toBe('');
  });

  it('refuses an estate that is not there or not right with file and path, and ends with 2', async () => {
    const missing = await cli(['sandbox', '--port', '0', '--estate', 'nowhere.yaml'], { cwd: folder });
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain('nowhere.yaml cannot be read: there is no such file.');
    writeFileSync(join(folder, 'wrong.yaml'), 'version: 1\naccount: "210987654321"\nregion: Frankfurt\n');
    const wrong = await cli(['sandbox', '--port', '0', '--estate', 'wrong.yaml'], { cwd: folder });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('wrong.yaml:3:9: region: expected a Region such as eu-west-1');
    expect(wrong.stderr).not.toContain(' at ');
  });

  it.each([
    ['--port', '70000'],
    ['--port', 'http'],
    ['--snapshot-seconds', '-1'],
    ['--snapshot-seconds', '1e9'],
    ['--latency-ms', '1.5'],
    ['--seed', ''],
  ])('refuses %s %j and says what it must be', async (option, value) => {
    const result = await cli(['sandbox', `${option}=${value}`]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/It must be a (whole )?number from 0 to \d+\./);
  });
});

describe('the sandbox as a process', () => {
  const hasAwsCli = orSkip(spawnSync('aws', ['--version']).status === 0, 'the AWS CLI is not installed here');
  let folder: string;
  let child: ChildProcessByStdio<null, Readable, null>;
  let document: z.infer<typeof documentSchema>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapkeep-cli-'));
    child = spawn(process.execPath, ['bin/snapkeep.ts', '--json', 'sandbox', '--port', '0'], {
      cwd: resolve(import.meta.dirname, '../..'),
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
      output += String(chunk);
      if (output.includes('\n}')) break;
    }
    document = documentSchema.parse(JSON.parse(output));
  });
  afterAll(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it.runIf(hasAwsCli)('serves the AWS CLI with the environment and the option that it prints', async () => {
    const { environment, instances, url } = document;
    const question = ['ec2', 'describe-instances', '--query', 'length(Reservations[].Instances[])'];
    const { stdout } = await promisify(execFile)(
      'aws',
      ['--endpoint-url', url, '--output', 'json', ...question],
      { env: { PATH: process.env.PATH, HOME: folder, ...environment } },
    );
    expect(stdout.trim()).toBe(`${instances}`);
  });

  it('ends with 0 on SIGINT and leaves no files behind', async () => {
    expect(readdirSync(folder).filter((name) => name.startsWith('snapkeep-sandbox-'))).toHaveLength(1);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(folder).filter((name) => name.startsWith('snapkeep-sandbox-'))).toEqual([]);
  });
});
