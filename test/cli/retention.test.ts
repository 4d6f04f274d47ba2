import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';

const retention = (args: readonly string[], input: string) =>
  cli(['retention', ...args], { readStdin: async () => input });

const times = [
  '2026-11-18T03:00:00+01:00',
  '2026-11-20T02:00:00Z',
  '2026-11-19T23:30:00Z',
  '2026-11-19T02:00:00.250Z',
];

describe('snapkeep retention', () => {
  it('prints what is kept, why, and what goes, newest first, with the times as they were given', async () => {
    const { exitCode, stdout, stderr } = await retention(['--policy', '{"daily":2}'], JSON.stringify(times));
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      '{"keep":[{"time":"2026-11-20T02:00:00Z","reasons":["daily"]},' +
        '{"time":"2026-11-19T23:30:00Z","reasons":["daily"]}],' +
        '"remove":["2026-11-19T02:00:00.250Z","2026-11-18T03:00:00+01:00"]}\n',
    );
  });

  it('prints the same data under --json', async () => {
    const plain = await retention(['--policy', '{"daily":2}'], JSON.stringify(times));
    const json = await retention(['--policy', '{"daily":2}', '--json'], JSON.stringify(times));
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(plain.stdout));
  });

  it('cuts days in the zone asked for', async () => {
    const { stdout } = await retention(
      ['--policy', '{"daily":2}', '--timezone', 'Europe/Berlin'],
      JSON.stringify(times),
    );
    expect(JSON.parse(stdout)).toEqual({
      keep: [
        { time: '2026-11-20T02:00:00Z', reasons: ['daily'] },
        { time: '2026-11-19T02:00:00.250Z', reasons: ['daily'] },
      ],
      remove: ['2026-11-19T23:30:00Z', '2026-11-18T03:00:00+01:00'],
    });
  });

  it('decides at --now, else at the present', async () => {
    const rules = ['--policy', '{"within":"1d"}'];
    const past = await retention([...rules, '--now', '2026-11-19T12:00:00Z'], JSON.stringify(times));
    expect(JSON.parse(past.stdout)).toEqual({
      keep: [
        { time: '2026-11-20T02:00:00Z', reasons: ['within', 'future'] },
        { time: '2026-11-19T23:30:00Z', reasons: ['within', 'future'] },
        { time: '2026-11-19T02:00:00.250Z', reasons: ['within'] },
      ],
      remove: ['2026-11-18T03:00:00+01:00'],
    });
  });

  it('answers for no times at all', async () => {
    const { stdout, exitCode } = await retention(['--policy', '{"last":1}'], '[]');
    expect([exitCode, stdout]).toEqual([0, '{"keep":[],"remove":[]}\n']);
  });

  it('gives the same rule word to the oldest that is kept while a count is left', async () => {
    const { stdout } = await retention(
      ['--policy', '{"monthly":2}'],
      '["2026-11-20T02:00:00Z","2026-11-19T02:00:00Z","2026-11-18T02:00:00Z"]',
    );
    expect(JSON.parse(stdout)).toEqual({
      keep: [
        { time: '2026-11-20T02:00:00Z', reasons: ['monthly'] },
        { time: '2026-11-18T02:00:00Z', reasons: ['monthly'] },
      ],
      remove: ['2026-11-19T02:00:00Z'],
    });
  });

  it.each([
    [['--policy', '{"daily":'], '[]', '--policy is not JSON'],
    [['--policy', '[]'], '[]', '--policy is an empty list, expected'],
    [['--policy', '{}'], '[]', 'at least one rule that keeps something'],
    [['--policy', '{"daily":0,"within":"0d"}'], '[]', 'at least one rule that keeps something'],
    [['--policy', '{"daily":-1}'], '[]', 'daily is -1, expected a whole number'],
    [['--policy', '{"daily":1.5}'], '[]', 'daily is 1.5, expected a whole number'],
    [['--policy', '{"daily":"7"}'], '[]', 'daily is "7", expected a whole number'],
    [['--policy', '{"within":"2 days"}'], '[]', 'within is "2 days", expected a duration'],
    [['--policy', '{"dayly":7}'], '[]', 'Did you mean daily?'],
    [['--policy', '{"last":1}', '--timezone', 'Europe/Berlim'], '[]', 'Did you mean Europe/Berlin?'],
    [['--policy', '{"last":1}', '--now', 'today'], '[]', '--now is "today", expected an RFC 3339 time'],
    [['--policy', '{"last":1}'], '', 'standard input holds nothing'],
    [['--policy', '{"last":1}'], '{"a":1}', 'standard input holds a mapping'],
    [['--policy', '{"last":1}'], '["2026-11-20T02:00:00Z",', 'standard input is not JSON'],
    [['--policy', '{"last":1}'], '["2026-11-20T02:00:00Z",1]', 'item 2 of standard input is 1'],
    [['--policy', '{"last":1}'], '["2026-11-20T02:00:00"]', 'item 1 of standard input'],
    [['--policy', '{"last":1}'], '["2026-02-29T02:00:00Z"]', 'item 1 of standard input'],
    [[], '[]', "required option '--policy <json>' not specified"],
  ])('refuses %j with %j in a sentence, exit code 2 and nothing printed', async (args, input, sentence) => {
    const { exitCode, stdout, stderr } = await retention(args, input);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^snapkeep: [^\n]+\.\n( {2}[^\n]+\n)?$/);
  });
});
