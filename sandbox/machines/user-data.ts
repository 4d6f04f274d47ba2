import { gunzipSync } from 'node:zlib';
import { digestOf } from './trust.ts';

export type UserDataKind = 'boothook' | 'script' | 'cloud-config' | 'other';

/** One part of a machine's user data, as cloud-init would tell the parts apart. */
export interface UserDataPart {
  readonly kind: UserDataKind;
  readonly text: string;
  /** sha256 of `text` in hex. */
  readonly digest: string;
}

/** "User-Data Formats": the content types of parts and the words that a part may begin with instead. */
const kindsByType: Readonly<Record<string, UserDataKind>> = {
  'text/cloud-boothook': 'boothook',
  'text/x-shellscript': 'script',
  'text/cloud-config': 'cloud-config',
};
const kindsByBeginning: readonly (readonly [string, UserDataKind])[] = [
  ['#cloud-boothook', 'boothook'],
  ['#!', 'script'],
  ['#cloud-config', 'cloud-config'],
];

/** @param userData base64, as it was passed to RunInstances; its content may be compressed with gzip */
export function readUserData(userData: string | undefined): UserDataPart[] {
  if (userData === undefined || userData === '') return [];
  return readText(unpack(Buffer.from(userData, 'base64')));
}

function unpack(bytes: Buffer): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: 16 * 1024 * 1024 }).toString('utf8');
  } catch {
    return '';
  }
}

function readText(text: string): UserDataPart[] {
  if (/^(mime-version|content-type):/i.test(text)) return readMime(text, 0);
  return [partOf(text, undefined)];
}

function partOf(text: string, type: string | undefined): UserDataPart {
  const kind =
    kindsByType[type ?? ''] ??
    kindsByBeginning.find(([beginning]) => text.startsWith(beginning))?.[1] ??
    'other';
  return { kind, text, digest: digestOf(text) };
}

interface Entity {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function readMime(text: string, depth: number): UserDataPart[] {
  const { headers, body } = splitEntity(text);
  const contentType = headers.get('content-type') ?? 'text/plain';
  const boundary = /boundary="?([^";\r\n]+)"?/i.exec(contentType)?.[1];
  if (/^multipart\//i.test(contentType) && boundary !== undefined) {
    return depth > 4 ? [] : bodies(body, boundary).flatMap((part) => readMime(part, depth + 1));
  }
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  return [partOf(decode(body, headers.get('content-transfer-encoding')), type)];
}

function splitEntity(text: string): Entity {
  const end = /\r?\n\r?\n/.exec(text);
  if (text.startsWith('\n') || text.startsWith('\r\n')) {
    return { headers: new Map(), body: text.replace(/^\r?\n/, '') };
  }
  const head = end ? text.slice(0, end.index) : text;
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const];
    }),
  );
  return { headers, body: end ? text.slice(end.index + end[0].length) : '' };
}

/** What stands between the boundary lines; the line break before a boundary belongs to the boundary (RFC 2046). */
function bodies(text: string, boundary: string): string[] {
  const found: string[] = [];
  const marker = `--${boundary}`;
  let from: number | undefined;
  let position = 0;
  for (const line of text.split(/(?<=\n)/)) {
    const bare = line.replace(/\s+$/, '');
    if (bare === marker || bare === `${marker}--`) {
      if (from !== undefined) found.push(text.slice(from, position).replace(/\r?\n$/, ''));
      from = bare === marker ? position + line.length : undefined;
    }
    position += line.length;
  }
  if (from !== undefined) found.push(text.slice(from));
  return found;
}

function decode(body: string, encoding: string | undefined): string {
  switch (encoding?.toLowerCase()) {
    case 'base64':
      return unpack(Buffer.from(body, 'base64'));
    case 'quoted-printable':
      return Buffer.from(
        body
          .replace(/=[ \t]*\r?\n/g, '')
          .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('utf8');
    default:
      return body;
  }
}
