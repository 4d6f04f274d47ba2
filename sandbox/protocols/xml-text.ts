import { DecodeError } from './failures.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A parser turns a bare carriage return into a line feed (XML 1.0, section 2.11).
  '\r': '&#xD;',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 cannot hold at all
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: whatever needs attention, for one quick look at each text
const SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/;

export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? '').replace(FORBIDDEN, '\ufffd');
}

export interface Element {
  /** Without its namespace prefix. */
  readonly tag: string;
  /** Names with their prefix, `xsi:type`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

interface OpenElement extends Element {
  readonly children: Element[];
  readonly name: string;
  text: string;
}

const TOKEN =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[(?<cdata>[\s\S]*?)\]\]>|<\/(?<closing>[^>\s]+)\s*>|<(?<opening>[^\s/>!?]+)(?<attributes>(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(?<empty>\/?)>|(?<text>[^<]+)/gy;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

const MAX_DEPTH = 100;

/**
 * A small reader for request bodies: elements, attributes, text, CDATA. No document type, hence no entities of
 * the sender's own making.
 * @throws DecodeError `malformed`
 */
export function parseXml(source: string): Element {
  const root: OpenElement = { tag: '', name: '', attributes: {}, children: [], text: '' };
  const stack: OpenElement[] = [root];
  let position = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  TOKEN.lastIndex = position;
  for (let match = TOKEN.exec(source); match; match = TOKEN.exec(source)) {
    position = TOKEN.lastIndex;
    const top = stack.at(-1) ?? root;
    const { cdata, closing, opening, attributes, empty, text } = match.groups ?? {};
    if (closing !== undefined) {
      if (stack.length === 1 || top.name !== closing) throw malformed(`</${closing}> closes nothing`);
      stack.pop();
    } else if (opening !== undefined) {
      const element: OpenElement = {
        tag: opening.slice(opening.indexOf(':') + 1),
        name: opening,
        attributes: attributes ? readAttributes(attributes) : {},
        children: [],
        text: '',
      };
      top.children.push(element);
      if (!empty) stack.push(element);
      if (stack.length > MAX_DEPTH) throw malformed('nested too deeply');
    } else if (cdata !== undefined) {
      top.text += cdata;
    } else if (text !== undefined) {
      top.text += text.includes('&') ? resolveEntities(text) : text;
    }
  }
  const [document] = root.children;
  if (
    position < source.length ||
    stack.length !== 1 ||
    !document ||
    root.children.length !== 1 ||
    root.text.trim() !== ''
  ) {
    throw malformed('it is not one well-formed document');
  }
  return document;
}

function readAttributes(source: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(source.matchAll(ATTRIBUTE), ([, name, double, single]) => [
      name,
      resolveEntities(double ?? single ?? ''),
    ]),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function resolveEntities(text: string): string {
  return text.replace(/&([^;\s]{1,10});|&/g, (whole, entity: string | undefined) => {
    const known = entity !== undefined && Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity] : undefined;
    if (known !== undefined) return known;
    const numeric = entity === undefined ? null : /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(entity);
    const code = numeric ? Number.parseInt(numeric[1] ?? numeric[2] ?? '', numeric[1] ? 16 : 10) : Number.NaN;
    if (!(code > 0 && code <= 0x10ffff)) throw malformed(`unknown entity ${whole}`);
    return String.fromCodePoint(code);
  });
}

function malformed(reason: string): DecodeError {
  return new DecodeError('malformed', '', `the XML cannot be read: ${reason}`);
}
