import type { JsonObject, JsonValue } from '../job-api/json.js';
import { InputTooLarge, InvalidInput } from './errors.js';

/** Depth at which an input is taken for a mistake; what checks it later on is recursive. */
const MAX_DEPTH = 200;

/**
 * The input as plain JSON. Fields that are `undefined` are left out, as `JSON.stringify` does.
 *
 * @throws {InvalidInput} for anything that JSON would silently change or cannot hold: a Date, a Map, bytes, a bigint,
 *   NaN, a hole in an array, a cycle.
 */
export function toJson(value: unknown, path = 'input'): JsonValue {
  return convert(value, path, []);
}

function convert(value: unknown, path: string, parents: readonly object[]): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      throw new InvalidInput(path, `is ${value}, which JSON cannot hold`);
    case 'object':
      return value === null ? null : convertObject(value, path, parents);
    default:
      throw new InvalidInput(
        path,
        `is ${value === undefined ? 'undefined' : `a ${typeof value}`}, which JSON cannot hold`,
      );
  }
}

function convertObject(value: object, path: string, parents: readonly object[]): JsonValue {
  if (parents.includes(value)) throw new InvalidInput(path, 'contains itself: JSON has no cycles');
  if (parents.length >= MAX_DEPTH) throw new InvalidInput(path, `is nested deeper than ${MAX_DEPTH} levels`);
  const line = [...parents, value];
  if (Array.isArray(value)) return Array.from(value, (item, index) => convert(item, `${path}[${index}]`, line));
  if (!isPlain(value)) {
    const hint =
      value instanceof Uint8Array ? 'pass bytes as a base64 string' : 'pass what it stands for as plain JSON';
    throw new InvalidInput(path, `is a ${value.constructor?.name ?? 'special object'}: ${hint}`);
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, convert(member, join(path, key), line)]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm (a vm context, as test runners use) has that realm's Object.prototype, whose own
  // prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @throws {InputTooLarge} naming the largest field, where the JSON text is over `maxBytes` bytes of UTF-8. */
export function checkSize(input: JsonObject, maxBytes: number): void {
  const bytes = jsonBytes(input);
  if (bytes <= maxBytes) return;
  const largest = largestField(input, 'input');
  throw new InputTooLarge({ bytes, maxBytes, largest: largest.path, largestBytes: largest.bytes });
}

/** Bytes of the JSON text in UTF-8. */
export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The field to blame: the largest part, and within it the largest part of that, down to what is a tenth of the whole. */
function largestField(value: JsonValue, path: string): { readonly path: string; readonly bytes: number } {
  let field = { path, value, bytes: jsonBytes(value) };
  const worthNaming = field.bytes / 10;
  for (;;) {
    const largest = members(field.value, field.path)
      .map((member) => ({ ...member, bytes: jsonBytes(member.value) }))
      .reduce<typeof field | undefined>(
        (most, member) => (most && most.bytes >= member.bytes ? most : member),
        undefined,
      );
    if (largest === undefined || largest.bytes < worthNaming) return { path: field.path, bytes: field.bytes };
    field = largest;
  }
}

function members(value: JsonValue, path: string): { readonly path: string; readonly value: JsonValue }[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.map((item, index) => ({ path: `${path}[${index}]`, value: item }));
  return Object.entries(value).map(([key, member]) => ({ path: join(path, key), value: member }));
}

function join(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
