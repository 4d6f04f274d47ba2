import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { documentsOf } from '../../../functions/applications/documents.ts';
import { loadProfile } from '../../../functions/applications/load-profile.ts';
import {
  rewriteParameters,
  rewriteValues,
  stepParameters,
  valuesFor,
} from '../../../functions/applications/parameters.ts';
import { readSummary } from '../../../functions/applications/summary.ts';
import { boothookOf, launchUserData } from '../../../functions/applications/user-data.ts';

function circleci() {
  const profile = loadProfile('circleci-server');
  if (profile === undefined) throw new Error('there is no profile circleci-server');
  return profile;
}
const documents = documentsOf(circleci(), 'prod-eu');

describe('the documents of a profile', () => {
  test('are one per action, named after deployment and profile, in the order of a restore', () => {
    expect(documents.map(({ name }) => name)).toEqual([
      'prod-eu-circleci-server-rewrite',
      'prod-eu-circleci-server-undo',
      'prod-eu-circleci-server-start-units',
      'prod-eu-circleci-server-step-stop-app',
      'prod-eu-circleci-server-step-set-hostname',
      'prod-eu-circleci-server-step-remove-nomad-state',
      'prod-eu-circleci-server-step-restart-services',
      'prod-eu-circleci-server-step-start-app',
      'prod-eu-circleci-server-check-health',
    ]);
    for (const { name } of documents) expect(name).toMatch(/^[a-zA-Z0-9_.-]{3,128}$/);
  });

  test('are the same text every time, with its digest, and leave room for parameters within 64 KB', () => {
    expect(documentsOf(circleci(), 'prod-eu')).toEqual(documents);
    for (const { content, digest } of documents) {
      expect(createHash('sha256').update(content).digest('hex')).toBe(digest);
      expect(Buffer.byteLength(content)).toBeLessThan(40 * 1024);
    }
  });

  test('pass values as environment variables with a pattern, never as text', () => {
    for (const { content, action, timeoutSeconds } of documents) {
      const { schemaVersion, parameters, mainSteps } = JSON.parse(content);
      expect(schemaVersion).toBe('2.2');
      expect(content).not.toContain('{{');
      expect(mainSteps).toHaveLength(1);
      expect(mainSteps[0]).toMatchObject({
        action: 'aws:runShellScript',
        name: action,
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: { timeoutSeconds: String(timeoutSeconds) },
      });
      expect(mainSteps[0].inputs.runCommand.slice(0, 2)).toEqual(['#!/bin/sh', 'SNAPKEEP_ROOT=/']);
      for (const parameter of Object.values<Record<string, unknown>>(parameters)) {
        expect(parameter).toMatchObject({ type: 'String', interpolationType: 'ENV_VAR' });
        expect(parameter.allowedPattern ?? parameter.allowedValues).toBeDefined();
      }
    }
  });

  test('have patterns that the agent can compile, which takes no counts within repetitions', () => {
    for (const { content } of documents) {
      for (const { allowedPattern = '^$' } of Object.values<{ allowedPattern?: string }>(
        JSON.parse(content).parameters,
      )) {
        expect(allowedPattern).toMatch(/^\^.*\$$/);
        // Go counts nested repetitions multiplied, and takes 1,000; it knows no lookaround.
        if (/\{\d/.test(allowedPattern)) expect(allowedPattern).not.toMatch(/\)[*+{]/);
        expect(allowedPattern).not.toMatch(/\(\?[=!<]/);
      }
    }
  });
});

describe('values', () => {
  test('of a rewrite are lists of addresses and names', () => {
    const values = rewriteValues({
      restoreId: 'r-1',
      replacements: [
        { old: '10.0.1.67', new: '10.0.9.14' },
        { old: '2001:db8::', new: '::1' },
        { old: 'ci.old.example.com', new: 'ci.new.example.com' },
      ],
      gone: ['203.0.113.20'],
      own: ['10.0.1.67', '2001:db8::'],
      sshHostKeys: 'keep',
    });
    expect(values).toEqual({
      RestoreId: 'r-1',
      AddressMap: '10.0.1.67=10.0.9.14,2001:db8::=::1,ci.old.example.com=ci.new.example.com',
      GoneAddresses: '203.0.113.20',
      OwnAddresses: '10.0.1.67,2001:db8::',
      MachineName: '',
      SshHostKeys: 'keep',
    });
  });

  test.each([
    '$(id)',
    '`id`',
    'a;b',
    "a'b",
    'a"b',
    'a b',
    'a\nb',
    'a\n',
    '../x',
    '-x',
    'a_b',
    'ä',
    '&',
    'a=b',
  ])('that hold %j are refused with a sentence', (bad) => {
    expect(() => valuesFor(stepParameters, { RestoreId: 'r1', ServiceName: bad })).toThrow(
      `the value ${JSON.stringify(bad)} cannot be given to the parameter ServiceName.`,
    );
    expect(() =>
      rewriteValues({ restoreId: 'r1', replacements: [{ old: 'a', new: bad }], sshHostKeys: 'keep' }),
    ).toThrow('cannot be given to the parameter AddressMap');
    expect(() => valuesFor(rewriteParameters, { RestoreId: `r${bad}/` })).toThrow('RestoreId');
  });

  test('that must be given are asked for', () => {
    expect(() => valuesFor(rewriteParameters, {})).toThrow('the parameter RestoreId has no value.');
  });
});

describe('user data of a restored machine', () => {
  const units = ['replicated.service'];

  test('holds the units first and keeps host keys where that is asked', () => {
    const text = launchUserData(units, { sshHostKeys: 'keep' });
    expect(text).toMatch(
      /^Content-Type: multipart\/mixed; boundary="snapkeep-boundary"\nMIME-Version: 1.0\n\n--snapkeep-boundary\n/,
    );
    expect(text).toContain(
      `\n\n${boothookOf(units).text}--snapkeep-boundary\nContent-Type: text/cloud-config;`,
    );
    expect(text).toContain(
      '\n#cloud-config\npreserve_hostname: true\nssh_deletekeys: false\n--snapkeep-boundary--\n',
    );
    expect(boothookOf(units).text).toMatch(/^#cloud-boothook\n#!\/bin\/sh\nSNAPKEEP_ROOT=\/\n/);
    expect(launchUserData(units, { sshHostKeys: 'regenerate' })).not.toContain('ssh_deletekeys');
  });

  test('carries the old user data as what it is, and what is no plain text as Base64', () => {
    const script = launchUserData(units, { sshHostKeys: 'keep', oldUserData: '#!/bin/sh\necho hi' });
    expect(script).toContain(
      'Content-Type: text/x-shellscript; charset="utf-8"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\n#!/bin/sh\necho hi\n--',
    );
    const umlaut = launchUserData(units, { sshHostKeys: 'keep', oldUserData: '#cloud-config\n# ä\n' });
    expect(umlaut).toContain(
      `Content-Transfer-Encoding: base64\n\n${Buffer.from('#cloud-config\n# ä\n').toString('base64')}\n--`,
    );
  });

  test('without units has no boothook, and more than 16 KB is refused', () => {
    expect(launchUserData([], { sshHostKeys: 'keep' })).not.toContain('boothook');
    // Of type text/plain, cloud-init would pass it over.
    const parts =
      'Content-Type: multipart/mixed; boundary="=="\nMIME-Version: 1.0\n\n--==\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n--==--\n';
    const message = launchUserData(units, { sshHostKeys: 'keep', oldUserData: parts });
    expect(message).toContain(`\n--snapkeep-boundary\n${parts}--snapkeep-boundary--\n`);
    expect(() => launchUserData(units, { sshHostKeys: 'keep', oldUserData: 'x'.repeat(17_000) })).toThrow(
      '16 KB',
    );
  });
});

test('a summary is read back, and foreign lines in it are left out', () => {
  expect(
    readSummary(
      'noise\nsnapkeep rewrite r1\nfiles 3\nchanged 1\nunchanged 1\nwarnings 1\nreplacements 2\nrefused 0 binary /a b\nchanged 2 - /c\\012d\nmore 4\ndigest sha256:ab\n',
    ),
  ).toEqual({
    counts: { files: 3, changed: 1, unchanged: 1, warnings: 1, replacements: 2 },
    changed: [{ outcome: 'changed', replacements: 2, remark: '', path: '/c\\012d' }],
    left: [{ outcome: 'refused', replacements: 0, remark: 'binary', path: '/a b' }],
    more: 4,
    digest: 'sha256:ab',
  });
});
