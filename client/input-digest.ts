import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '../job-api/json.js';

/**
 * JSON text that is the same for the same value, whatever order its keys were written in. Numbers and strings are as
 * `JSON.stringify` writes them, keys are in the order of their UTF-16 code units (as in RFC 8785).
 */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  // Without a comparison `sort` goes by code units, and far faster.
  const object = value as JsonObject;
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** sha256 of the canonical JSON, in lower-case hex: what tells a repeated start from one with another input. */
export function inputDigest(value: JsonValue): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
