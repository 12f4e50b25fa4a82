import type { JsonValue } from '../job-api/json.js';

/**
 * Names the largest leaves of a value, for an error about its size.
 *
 * @returns for instance `image (9437184 bytes), prompt (2048 bytes)`
 */
export function largestFields(value: JsonValue, count = 3): string {
  const leaves: { path: string; bytes: number }[] = [];
  walk(value, '', leaves);
  return leaves
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, count)
    .map(({ path, bytes }) => `${path || '(the whole)'} (${bytes} bytes)`)
    .join(', ');
}

function walk(value: JsonValue, path: string, leaves: { path: string; bytes: number }[]): void {
  if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      walk(item as JsonValue, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key, leaves);
    }
    return;
  }
  leaves.push({ path, bytes: Buffer.byteLength(JSON.stringify(value)) });
}
