import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { applicationNames } from '../../functions/plan/applications.ts';
import { parseConfig } from '../../functions/plan/parse.ts';
import { cli } from '../support/cli.ts';

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'snapkeep-init-'));
});

const written = () => readFile(join(cwd, 'snapkeep.yaml'), 'utf8');

test('the file that is written is valid and says what is still to be filled in', async () => {
  const { exitCode, stdout } = await cli(['init'], { cwd });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Wrote snapkeep.yaml.');
  expect(stdout).toContain('snapkeep backup fleet');
  const validated = await cli(['validate'], { cwd });
  expect(validated.exitCode).toBe(0);
  expect(validated.stderr).toMatch(/deployment, vault\.bucket, plans\.fleet\.\S+ still say change-me/);
});

test.each(applicationNames)(
  'the file for %s is valid, has its plan, and stays valid when every example is used',
  async (name) => {
    expect((await cli(['init', '--application', name], { cwd })).exitCode).toBe(0);
    expect((await cli(['validate'], { cwd })).exitCode).toBe(0);
    const text = await written();
    expect(parseConfig(text, 'f').plans[name]).toMatchObject({ application: name });
    // The commented lines are examples that a reader will uncomment.
    const uncommented = text.replace(/^( *)# (- | *\w+:)/gm, '$1$2');
    expect(uncommented).toContain('\n    restore:\n');
    expect(Object.keys(parseConfig(uncommented, 'f').plans[name]?.restore ?? {})).toHaveLength(5);
  },
);

test('an existing file is left as it is, unless --force is given', async () => {
  await writeFile(join(cwd, 'snapkeep.yaml'), 'mine');
  const refused = await cli(['init'], { cwd });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toContain('is there already and was left as it is.');
  expect(await written()).toBe('mine');
  expect((await cli(['init', '--force'], { cwd })).exitCode).toBe(0);
  expect(await written()).toContain('version: 1');
});

test('--config names the file, and the next steps name it too', async () => {
  const { stdout } = await cli(['init', '-c', 'other.yaml', '--json'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({
    file: 'other.yaml',
    application: null,
    next: expect.arrayContaining([expect.stringContaining('snapkeep --config other.yaml validate')]),
  });
  expect((await cli(['validate', '-c', 'other.yaml'], { cwd })).exitCode).toBe(0);
});

test('an unknown application, a missing folder and a directory are one sentence each', async () => {
  await mkdir(join(cwd, 'folder'));
  const cases = [
    [['init', '--application', 'gitlbb'], 'there is no profile "gitlbb".', 'Did you mean gitlab?'],
    [
      ['init', '--application', 'constructor'],
      'there is no profile "constructor".',
      'There are circleci-server',
    ],
    [['init', '-c', 'nowhere/snapkeep.yaml'], 'the folder of', 'Make it first.'],
    [['init', '--force', '-c', 'folder'], 'is a directory.', '--config FILE'],
  ] as const;
  for (const [argv, sentence, remedy] of cases) {
    const { exitCode, stderr } = await cli(argv, { cwd });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain(remedy);
  }
});
