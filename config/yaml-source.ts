import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type YAMLError as ParseError,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { LOSES_DIGITS, losesDigits } from './exact-number.js';

/** Keys and indexes from the root of a document to one of its values. */
export type Path = readonly (string | number)[];

/** A YAML (or JSON) document that knows where each of its values stands. */
export interface YamlSource {
  readonly value: unknown;
  /** The name it goes by in messages. */
  readonly file: string;
  /**
   * Where an entry begins, counted from 1: a map's entry at its key, a list's at its value. A path that does not exist
   * is where its nearest existing ancestor is.
   */
  locate(path: Path): { readonly line: number; readonly column: number };
}

/** A document that is not YAML or not in UTF-8, or holds what JSON cannot. Its message never quotes a value: it may be a secret. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, at: { readonly line: number; readonly column: number }, what: string) {
    super(`${file}:${at.line}:${at.column}: ${what}`);
    this.file = file;
    this.line = at.line;
    this.column = at.column;
  }
}

/** Aliases may repeat at most so many nodes, lest ten lines grow to gigabytes. */
const MAX_ALIAS_COUNT = 100;

/** Parses one YAML 1.2 document. Throws {@link YamlError} at the first thing that is wrong. */
export function parseYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: isSameKey });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const fail = (offset: number, what: string): never => {
    throw new YamlError(file, position(offset), what);
  };
  const [wrong] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (wrong !== undefined) fail(wrong.pos[0], describe(wrong, text));
  refuseWhatJsonCannotHold(document, fail);
  return {
    value: toValue(document, fail),
    file,
    locate: (path) => position(offsetOf(document, path)),
  };
}

/** `file:line:col: path: message`, as editors and terminals link it. */
export function problem(source: YamlSource, path: Path, message: string): string {
  const { line, column } = source.locate(path);
  return `${source.file}:${line}:${column}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}${message}`;
}

/** `endpoints.draw.use[0]`; keys that are no plain words are quoted. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[\w$-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

function describe(error: ParseError, text: string): string {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const indentation = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? '';
  if (indentation.includes('\t'))
    return 'a tab in the indentation: YAML allows only spaces there, so replace the tab by spaces';
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return 'this key stands twice in its map; remove one';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; a file holds one';
    case 'TAG_RESOLVE_FAILED':
      return 'tags are not supported; write the value plainly';
    case 'RESOURCE_EXHAUSTION':
      return 'this is nested too deep to be read';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'a value here holds ": " or goes on in a deeper line; quote it, or indent it as a map of its own';
    default:
      // The parser quotes the text it stumbled over behind a colon.
      return `not valid YAML: ${error.message.replace(/:.*$/s, '')}`;
  }
}

/** Taken as data it would stand in the input of a job, and be paid for, where the author meant the fields of another map. */
const NO_MERGE_KEY = 'there is no merge key in YAML 1.2: write the fields out, or "<<" in quotes where it is data';

function refuseWhatJsonCannotHold(document: Document.Parsed, fail: (offset: number, what: string) => never): void {
  visit(document, {
    Pair(_, { key }) {
      if (key !== null && !isScalar(key)) fail(startOf(key), 'a key must be a plain string');
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') fail(startOf(key), NO_MERGE_KEY);
    },
    Scalar(_, node) {
      if (typeof node.value === 'number' && !Number.isFinite(node.value))
        fail(startOf(node), 'not a number JSON can hold');
      if (typeof node.value === 'number' && losesDigits(node.source ?? '')) fail(startOf(node), `this ${LOSES_DIGITS}`);
    },
    Alias(_, node) {
      if (node.resolve(document) === undefined) fail(startOf(node), 'this alias names no anchor above it');
    },
  });
}

function toValue(document: Document.Parsed, fail: (offset: number, what: string) => never): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (error) {
    if (error instanceof ReferenceError) return fail(0, 'aliases repeat too much of the document; write it out');
    throw error;
  }
}

/** In JSON a key is a text: `1` and `"1"` are one, of which the first would be lost. */
function isSameKey(a: unknown, b: unknown): boolean {
  return isScalar(a) && isScalar(b) && nameOf(a) === nameOf(b);
}

function nameOf({ value }: Scalar): string {
  return String(value ?? '');
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const part of path) {
    const inside = isAlias(node) ? node.resolve(document) : node;
    if (isMap(inside)) {
      const pair = inside.items.find(({ key }) => isScalar(key) && nameOf(key) === String(part));
      if (pair === undefined) return offset;
      offset = startOf(pair.key);
      node = pair.value;
    } else if (isSeq(inside) && typeof part === 'number' && part in inside.items) {
      node = inside.items[part];
      offset = startOf(node);
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number {
  const { range } = (node ?? {}) as { readonly range?: readonly number[] | null };
  return range?.[0] ?? 0;
}
