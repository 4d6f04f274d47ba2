import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml';
import { ConfigError, type PathPart, type Problem } from './problems.ts';

// A configuration of hundreds of plans stays far below; more is the wrong file or an attack on the parser.
const sizeLimit = 1_048_576;
const aliasLimit = 100;
// More would be echoes of the first.
const errorLimit = 20;

/** A YAML document as plain data, with the places of its parts. */
export interface YamlDocument {
  readonly value: unknown;
  /** Line and column (from 1) of the key or list item at `path`, or of its nearest ancestor that is there. */
  locate(
    path: readonly PathPart[],
    what: 'key' | 'value',
  ): { readonly line: number; readonly column: number };
}

/** Parses one YAML 1.2 document. Throws ConfigError with every syntax error. */
export function parseYaml(text: string, file: string): YamlDocument {
  if (text.length > sizeLimit) throw whole(file, 'the file is larger than 1 MB', 'Is this the right file?');
  if (text.trim() === '') {
    throw whole(file, 'the file is empty', 'Run `snapkeep init` to write a configuration to start from.');
  }
  const lines = new LineCounter();
  const documents = read(text, file, lines);
  const [document] = documents;
  const problemAt = (offset: number, message: string, remedy?: string): Problem => {
    const { line, col } = lines.linePos(offset);
    const place = { file, line, column: col, path: '', message };
    return remedy === undefined ? place : { ...place, remedy };
  };
  if (document === undefined) {
    throw whole(
      file,
      'the file has no content',
      'Run `snapkeep init` to write a configuration to start from.',
    );
  }
  // A second document is often the echo of an earlier mistake, so mistakes are reported first.
  const found = documents.flatMap((each) => [...each.errors, ...each.warnings]);
  if (found.some((error) => exhausted.test(error.message))) throw tooDeep(file);
  const errors = onePerLine(found.map((error) => problemAt(error.pos[0], ...explain(error))));
  errors.push(...hazards(document, problemAt));
  if (errors.length > 0) throw new ConfigError(file, errors);
  const second = documents[1];
  if (second !== undefined) {
    const message = 'a second YAML document begins here';
    throw new ConfigError(file, [problemAt(second.range[0], message, 'Keep one document in the file.')]);
  }
  return { value: toValue(document, file), locate: (path, what) => locate(document, lines, path, what) };
}

function read(text: string, file: string, lines: LineCounter): readonly Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      version: '1.2',
    });
    return 'empty' in documents ? [] : documents;
  } catch (error) {
    // The parser is recursive: absurd nesting exhausts the stack.
    if (error instanceof RangeError) throw tooDeep(file, error);
    throw error;
  }
}

// Nesting that exhausts the stack inside of the parser comes back as one of its syntax errors.
const exhausted = /call stack|stack overflow/i;

const tooDeep = (file: string, cause?: unknown): ConfigError =>
  whole(file, 'the file is nested too deeply', 'Is this the right file?', cause);

/** One slip makes the parser stumble again and again; what it says first about a line is what helps. */
function onePerLine(problems: readonly Problem[]): Problem[] {
  const lines = new Set<number | undefined>();
  return problems.filter((problem) => lines.size < lines.add(problem.line).size).slice(0, errorLimit);
}

/** Parts of YAML that a configuration has no use for and that would mislead the reader or the parser. */
function hazards(
  document: Document.Parsed,
  problemAt: (offset: number, message: string, remedy?: string) => Problem,
): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document) !== undefined) return;
      problems.push(problemAt(node.range?.[0] ?? 0, `the alias *${node.source} refers to no earlier anchor`));
    },
    Pair(_, pair) {
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      const offset = isScalar(pair.key) || isCollection(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
      if (isCollection(pair.key)) problems.push(problemAt(offset, 'a key is not a plain word'));
      if (key === '__proto__') problems.push(problemAt(offset, 'the key __proto__ is not allowed'));
      if (key === '<<') {
        const remedy = 'Repeat the keys, or use an alias for a whole value.';
        problems.push(problemAt(offset, 'merge keys (<<) are not supported', remedy));
      }
    },
  });
  return problems;
}

function explain(error: YAMLError): [message: string, remedy?: string] {
  const message = error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return ['this key is there twice', 'Remove one of the two, or join their contents.'];
    case 'TAB_AS_INDENT':
      return ['a tab is used for indentation', 'Use spaces.'];
    case 'TAG_RESOLVE_FAILED':
      return [`${message.charAt(0).toLowerCase()}${message.slice(1)}`, 'Leave tags (words with !) out.'];
    default:
      return [`not valid YAML: ${message}`];
  }
}

function toValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasLimit });
  } catch (error) {
    if (!(error instanceof ReferenceError) && !(error instanceof RangeError)) throw error;
    throw whole(file, 'the file uses its aliases too often', 'Write the repeated parts out.', error);
  }
}

function locate(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly PathPart[],
  what: 'key' | 'value',
): { line: number; column: number } {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    const parent: Node | null | undefined = isAlias(node) ? node.resolve(document) : node;
    const last = index === path.length - 1;
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      // Sound: the document was parsed, so keys and values are nodes.
      node = pair.value as Node | null;
    } else if (isSeq(parent) && typeof part === 'number' && part < parent.items.length) {
      // Sound: as above.
      node = parent.items[part] as Node;
      offset = node.range?.[0] ?? offset;
    } else break;
    if (last && what === 'value' && isScalar(node) && node.source !== '') {
      offset = node.range?.[0] ?? offset;
    }
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

const whole = (file: string, message: string, remedy?: string, cause?: unknown): ConfigError =>
  new ConfigError(file, [{ file, path: '', message, ...(remedy === undefined ? {} : { remedy }) }], cause);
