/** The schema of JSON Schemas of draft-07, as definitions are held to it. */
import { createRequire } from 'node:module';
import type { JsonObject } from '../job-api/json.js';

/**
 * As ajv has it, but that a value may stand twice in `enum`: neither draft forbids it, and generators of schemas write it.
 * One copy for the check and for editors, so that both say the same.
 */
export function schemaOfDraft07(): JsonObject & { readonly properties: JsonObject } {
  const published = createRequire(import.meta.url)('ajv/dist/refs/json-schema-draft-07.json');
  const { uniqueItems: _, ...values } = published.properties.enum;
  return { ...published, properties: { ...published.properties, enum: values } };
}
