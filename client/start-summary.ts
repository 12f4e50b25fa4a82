import type { JsonObject } from '../job-api/json.js';

/** Temporal takes 400 bytes of summary; this many characters of up to 4 bytes always fit. */
const MAX_CHARACTERS = 100;

/** The line that the Temporal UI shows beside a run: the caller's, or the endpoint or the pipeline's name. */
export function startSummary(type: string, runInput: JsonObject, given: string | undefined): string {
  const line = (given ?? `${type} ${subject(runInput)}`).replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= MAX_CHARACTERS ? line : `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…`;
}

function subject({ endpoint, definition, pipeline }: JsonObject): string {
  if (typeof endpoint === 'string') return endpoint;
  if (Array.isArray(endpoint)) return endpoint.join(', ');
  if (typeof pipeline === 'string') return pipeline;
  const name =
    definition !== null && typeof definition === 'object' && 'name' in definition ? definition.name : undefined;
  return typeof name === 'string' ? name : '';
}
