import { createHash } from 'node:crypto';
import { holdUnitsScript } from './scripts.ts';

export interface Boothook {
  readonly text: string;
  /** SHA-256 of `text` in lower-case hexadecimal. */
  readonly digest: string;
}

/**
 * The part of a launched machine's user data that holds the units back: cloud-init runs it early at every boot
 * (cloud-init, "User data formats": cloud-boothook). It depends on the list of units alone.
 */
export function boothookOf(units: readonly string[]): Boothook {
  const text = `#cloud-boothook\n${holdUnitsScript(units)}`;
  return { text, digest: createHash('sha256').update(text).digest('hex') };
}

export interface UserDataOptions {
  /** `regenerate` leaves cloud-init its default: it deletes the host keys of the image at a new instance's first boot. */
  readonly sshHostKeys: 'keep' | 'regenerate';
  /** User data of the old machine, to be run again because somebody asked for it. */
  readonly oldUserData?: string;
}

const boundary = 'snapkeep-boundary';
/**
 * A new instance gets the name of its address at its first boot, whatever it was called (cloud-init, "Set Hostname"). The
 * rewrite decides instead: it changes a name that named the old machine, and no other.
 */
const keptHostName = 'preserve_hostname: true\n';

/**
 * User data of a restored machine: multipart MIME, not encoded in Base64. Throws a `RangeError` when it exceeds the
 * 16 KB that EC2 takes ("Run commands when you launch an EC2 instance with user data input").
 */
export function launchUserData(units: readonly string[], options: UserDataOptions): string {
  const parts = [
    { type: 'text/cloud-boothook', text: units.length === 0 ? undefined : boothookOf(units).text },
    {
      type: 'text/cloud-config',
      text: `#cloud-config\n${keptHostName}${options.sshHostKeys === 'keep' ? 'ssh_deletekeys: false\n' : ''}`,
    },
    { type: typeOf(options.oldUserData ?? ''), text: options.oldUserData },
  ].flatMap(({ type, text }) =>
    text === undefined ? [] : [type === 'mime' ? nested(text) : part(type, text)],
  );
  const head = `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n`;
  const userData = `${head}${parts.join('')}--${boundary}--\n`;
  if (Buffer.byteLength(userData) > 16 * 1024) {
    throw new RangeError(`the user data of the restored machine has more than 16 KB`);
  }
  return userData;
}

function part(type: string, text: string): string {
  requireOtherBoundary(text);
  // Text that is no ASCII must not be taken apart on the way.
  const plain = /^[\x20-\x7e\t\n]*$/.test(text);
  const body = plain ? text : `${Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\n')}\n`;
  return `--${boundary}\nContent-Type: ${type}; charset="utf-8"\nMIME-Version: 1.0\nContent-Transfer-Encoding: ${plain ? '7bit' : 'base64'}\n\n${body}${body.endsWith('\n') ? '' : '\n'}`;
}

/** A message with headers of its own is a part as it is; cloud-init walks through what is in it. */
function nested(message: string): string {
  requireOtherBoundary(message);
  return `--${boundary}\n${message}${message.endsWith('\n') ? '' : '\n'}`;
}

function requireOtherBoundary(text: string): void {
  if (text.includes(`--${boundary}`)) throw new RangeError('the old user data holds the boundary of ours');
}

/** cloud-init reads the first line of user data itself; inside of multipart it goes by the type. */
function typeOf(userData: string): string {
  if (userData.startsWith('#cloud-config')) return 'text/cloud-config';
  if (userData.startsWith('#cloud-boothook')) return 'text/cloud-boothook';
  if (userData.startsWith('#!')) return 'text/x-shellscript';
  // As a part of type text/plain it would be passed over.
  if (/^(?:content-type:\s*multipart\/|mime-version:)/i.test(userData)) return 'mime';
  return 'text/plain';
}
