import type { JsonObject } from '../job-api/json.js';
import { plainText } from '../workflows/markdown.js';
import { jsonBytes } from './json-input.js';

/** What the Temporal UI shows of a run from its start to its end, in Markdown: what it runs, on how much, and for which order. */
export function startDetails(runInput: JsonObject, key: string | undefined): string {
  const { endpoint, definition, pipeline, input } = runInput;
  const lines = [
    ...endpointLines(endpoint),
    ...definitionLines(definition),
    ...(typeof pipeline === 'string' ? [`- Pipeline: ${plainText(pipeline)}, by its name`] : []),
    ...(input === undefined ? [] : [`- Input: ${size(jsonBytes(input))}`]),
    ...(key === undefined ? [] : [`- Key: ${plainText(key)}`]),
  ];
  return lines.join('\n');
}

/** Temporal takes 20,000 bytes of details; a longer list of endpoints is for the input to tell. */
const ENDPOINTS_MAX = 10;

function endpointLines(endpoint: JsonObject[string] | undefined): string[] {
  const names = (Array.isArray(endpoint) ? endpoint : [endpoint]).filter((name) => typeof name === 'string');
  if (names.length === 0) return [];
  const more = names.length - ENDPOINTS_MAX;
  const shown = names.slice(0, ENDPOINTS_MAX).map(plainText).join(', then ');
  return [`- Endpoint: ${shown}${more > 0 ? `, and ${more} more` : ''}`];
}

function definitionLines(definition: JsonObject[string] | undefined): string[] {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) return [];
  const { name, steps } = definition as JsonObject;
  const count = typeof steps === 'object' && steps !== null ? Object.keys(steps).length : 0;
  return [
    `- Pipeline: ${typeof name === 'string' ? plainText(name) : 'without a name'}, ${count} ${count === 1 ? 'step' : 'steps'}`,
  ];
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1023.95 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
