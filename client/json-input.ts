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
  return new Conversion(path).convert(value);
}

class Conversion {
  readonly #root: string;
  /** The objects around the value that is looked at, and its keys in them. */
  readonly #parents: object[] = [];
  readonly #keys: (string | number)[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  convert(value: unknown): JsonValue {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Number.isFinite(value)) return value;
        throw this.#invalid(`is ${value}, which JSON cannot hold`);
      case 'object':
        return value === null ? null : this.#convertObject(value);
      default:
        throw this.#invalid(`is ${value === undefined ? 'undefined' : `a ${typeof value}`}, which JSON cannot hold`);
    }
  }

  #convertObject(value: object): JsonValue {
    if (this.#parents.includes(value)) throw this.#invalid('contains itself: JSON has no cycles');
    if (this.#parents.length >= MAX_DEPTH) throw this.#invalid(`is nested deeper than ${MAX_DEPTH} levels`);
    const isList = Array.isArray(value);
    if (!isList && !isPlain(value)) {
      const hint =
        value instanceof Uint8Array ? 'pass bytes as a base64 string' : 'pass what it stands for as plain JSON';
      throw this.#invalid(`is a ${value.constructor?.name ?? 'special object'}: ${hint}`);
    }
    this.#parents.push(value);
    const converted = isList
      ? Array.from(value, (item, index) => this.#member(index, item))
      : Object.fromEntries(
          Object.entries(value)
            .filter(([, member]) => member !== undefined)
            .map(([key, member]) => [key, this.#member(key, member)]),
        );
    this.#parents.pop();
    return converted;
  }

  #member(key: string | number, value: unknown): JsonValue {
    this.#keys.push(key);
    const converted = this.convert(value);
    this.#keys.pop();
    return converted;
  }

  #invalid(message: string): InvalidInput {
    const path = this.#keys.reduce<string>((before, key) => join(before, key), this.#root);
    return new InvalidInput(path, message);
  }
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
  if (Array.isArray(value)) return value.map((item, index) => ({ path: join(path, index), value: item }));
  return Object.entries(value).map(([key, member]) => ({ path: join(path, key), value: member }));
}

function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
