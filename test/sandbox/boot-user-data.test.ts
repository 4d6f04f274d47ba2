import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readUserData } from '../../sandbox/machines/user-data.ts';
import { sha256 } from '../support/machine-bench.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const kinds = (text: string): string[] => readUserData(base64(text)).map(({ kind }) => kind);

const mime = (parts: readonly string[], boundary = '==of a test=='): string =>
  [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...parts.flatMap((part) => [`--${boundary}`, part]),
    `--${boundary}--`,
    '',
  ].join('\n');

describe('user data', () => {
  test.each([
    ['#cloud-boothook\n#!/bin/sh\n', 'boothook'],
    ['#!/bin/bash\n', 'script'],
    ['#cloud-config\n{}\n', 'cloud-config'],
    ['## template: jinja\n', 'other'],
    ['#include\nhttps://example.com/more\n', 'other'],
  ])('that begins with %j is a %s', (text, kind) => {
    expect(readUserData(base64(text))).toEqual([{ kind, text, digest: sha256(text) }]);
  });

  test('may be missing, empty or compressed', () => {
    expect(readUserData(undefined)).toEqual([]);
    expect(readUserData('')).toEqual([]);
    expect(readUserData(gzipSync('#!/bin/sh\n').toString('base64'))).toMatchObject([{ kind: 'script' }]);
    expect(readUserData(Buffer.from([0x1f, 0x8b, 1, 2]).toString('base64'))).toMatchObject([
      { kind: 'other' },
    ]);
  });

  test('of several parts is taken apart by types, and the text of a part is exactly what was put in', () => {
    const boothook = '#cloud-boothook\n#!/bin/sh\necho one';
    const parts = readUserData(
      base64(
        mime([
          `Content-Type: text/cloud-boothook; charset="utf-8"\n\n${boothook}`,
          `Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n${base64('#!/bin/sh\necho zwei ü\n')}`,
          'Content-Type: text/plain\n\n#cloud-config\nssh_deletekeys: false\n',
          'Content-Type: text/x-shellscript\nContent-Transfer-Encoding: quoted-printable\n\n#!/bin/sh\necho a=3Db =\nc',
          'Content-Type: text/jinja2\n\nx',
        ]),
      ),
    );
    expect(parts.map(({ kind, text }) => [kind, text])).toEqual([
      ['boothook', boothook],
      ['script', '#!/bin/sh\necho zwei ü\n'],
      ['cloud-config', '#cloud-config\nssh_deletekeys: false\n'],
      ['script', '#!/bin/sh\necho a=b c'],
      ['other', 'x'],
    ]);
    expect(parts[0]?.digest).toBe(sha256(boothook));
  });

  test('of several parts is read with line ends of mail, too, and inside of another one', () => {
    const inner = mime(['Content-Type: text/cloud-boothook\n\n#!/bin/sh'], 'inner');
    expect(kinds(mime([inner]).replaceAll('\n', '\r\n'))).toEqual(['boothook']);
    expect(kinds(mime(['\n#!/bin/sh\n']))).toEqual(['script']);
    expect(kinds(mime([]))).toEqual([]);
  });
});
