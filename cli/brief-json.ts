import { dependsOnOf } from '../definition/index.js';
import type { JsonValue } from '../job-api/json.js';

const MAX_TEXT = 60;
const MAX_ITEMS = 8;
const MAX_LINE = 300;

/** A value on one line for people: long texts and lists are cut, and what is not known yet says so. */
export function briefJson(value: JsonValue): string {
  const line = brief(value);
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE - 1)}…`;
}

function brief(value: JsonValue): string {
  const dependsOn = dependsOnOf(value);
  if (dependsOn !== undefined) return `<depends on ${dependsOn.join(', ')}>`;
  if (typeof value === 'string') return briefText(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${cutList(value.map(brief))}]`;
  return `{${cutList(Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${brief(item)}`))}}`;
}

function briefText(text: string): string {
  if (text.length <= MAX_TEXT) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, MAX_TEXT))}… (${text.length} characters)`;
}

function cutList(parts: readonly string[]): string {
  const rest = parts.length - MAX_ITEMS;
  return [...parts.slice(0, MAX_ITEMS), ...(rest > 0 ? [`… ${rest} more`] : [])].join(', ');
}
