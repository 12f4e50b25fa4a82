import { LOSES_DIGITS, losesDigits } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import { InputError } from './errors.js';

/**
 * Parses JSON that a person wrote.
 *
 * @throws {InputError} with line and column, which `JSON.parse` tells for some mistakes and not for others.
 */
export function parseJson(text: string, source: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    if (text.trim() === '')
      throw new InputError(`${source} is empty: JSON was expected, for instance {"prompt": "a red boat"}`);
    const offset = firstError(text);
    const { line, column } = locate(text, offset);
    throw new InputError(`${source}:${line}:${column}: not JSON: unexpected ${describeAt(text, offset)}`, {
      cause: error,
    });
  }
  refuseLossyNumbers(text, source);
  return value;
}

function refuseLossyNumbers(text: string, source: string): void {
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g)) {
    if (!losesDigits(token)) continue;
    const { line, column } = locate(text, index);
    throw new InputError(`${source}:${line}:${column}: ${token} ${LOSES_DIGITS}`);
  }
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Offset of the first character that the grammar of JSON (RFC 8259) does not allow; the text's length for a missing end. */
export function firstError(text: string): number {
  let at = 0;

  function take(pattern: RegExp): boolean {
    pattern.lastIndex = at;
    const matched = pattern.exec(text)?.[0];
    if (matched === undefined) return false;
    at += matched.length;
    return true;
  }
  function takeChar(char: string): boolean {
    take(SPACE);
    if (text[at] !== char) return false;
    at += 1;
    return true;
  }
  function takeString(): boolean {
    if (!takeChar('"')) return false;
    for (let char = text[at]; char !== undefined && char >= ' '; char = text[at]) {
      if (char === '\\') {
        if (!take(ESCAPE)) return false;
      } else {
        at += 1;
        if (char === '"') return true;
      }
    }
    return false;
  }
  function takeMembers(close: string, member: () => boolean): boolean {
    if (takeChar(close)) return true;
    do if (!member()) return false;
    while (takeChar(','));
    return takeChar(close);
  }
  function takeValue(): boolean {
    if (takeChar('{')) return takeMembers('}', () => takeString() && takeChar(':') && takeValue());
    if (takeChar('[')) return takeMembers(']', takeValue);
    return takeString() || take(SCALAR);
  }

  if (takeValue()) take(SPACE);
  return at;
}

function locate(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function describeAt(text: string, offset: number): string {
  const [found] = /^(?:[\w.+-]+|.)/su.exec(text.slice(offset, offset + 20)) ?? [];
  if (found === undefined) return 'end of the text';
  if (found === '\n' || found === '\r') return 'line break in a string (write \\n)';
  return JSON.stringify(found);
}
