/**
 * The JSON Schemas of what people write, for their editors: made from the schemas that check it. Draft-07, which every
 * editor knows. `npm run schemas` writes them beside this file; a test keeps them current.
 *
 * What zod cannot translate is said in the `meta` of a schema, in words of JSON Schema, or by one of two marks: `orOne`
 * for a list that may be written as its one item, `jsonSchema` for a JSON Schema of the author's.
 */
import { z } from 'zod';
import { scheduleFileSchema } from '../cli/schedules/file.js';
import { fileSchema } from '../config/schema.js';
import { schemaOfDraft07 } from '../definition/draft-07.js';
import { definitionSchema } from '../definition/schema.js';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
/** Where a schema keeps the schema of schemas. */
const OF_SCHEMAS = '#/definitions/jsonSchema';

/** By the name of the file. */
export const JSON_SCHEMAS = {
  // Which providers there are stands in the file itself: only the full check can tell.
  jobrelay: toJsonSchema(fileSchema(new Map()), {
    title: 'jobrelay.yaml',
    description: 'Which providers and endpoints there are, and how their jobs are run.',
  }),
  pipeline: toJsonSchema(definitionSchema, {
    title: 'JobRelay pipeline',
    description: 'Steps over jobs and values. A text that is {% … %} as a whole is a JSONata expression.',
  }),
  schedules: toJsonSchema(scheduleFileSchema, {
    title: 'JobRelay schedules',
    description: 'Jobs and pipelines by the clock, for `jobrelay schedule apply`.',
  }),
} as const;

function toJsonSchema(schema: z.ZodType, titles: Pick<JsonSchema, 'title' | 'description'>): JsonSchema {
  const { definitions, ...made } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => complete(jsonSchema, z.globalRegistry.get(zodSchema) ?? {}),
  });
  // zod's own are of parts that a mark has replaced.
  const own = Object.entries(definitions ?? {}).filter(([name]) => refersTo(made, `#/definitions/${name}`));
  const ofSchemas = refersTo(made, OF_SCHEMAS) ? { jsonSchema: schemaOfSchemas() } : {};
  return { $schema: DRAFT_07, ...titles, ...made, definitions: { ...Object.fromEntries(own), ...ofSchemas } };
}

/** Gives back what zod leaves out of a schema that transforms, though it is about what is written; applies the marks. */
function complete(made: JsonSchema, { default: byDefault, examples }: z.core.GlobalMeta): void {
  if (byDefault !== undefined) made.default = byDefault as NonNullable<JsonSchema['default']>;
  if (examples !== undefined) made.examples = examples as NonNullable<JsonSchema['examples']>;
  // Where zod writes what a double holds: a limit that nobody meant.
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;

  const { orOne, jsonSchema, description, type, items, minItems } = made;
  if (orOne === true) replace(made, { description, anyOf: [items, { type, items, minItems }] });
  // An editor then knows the keywords. A schema of draft 2020-12 passes too: draft-07 leaves alone what it does not know.
  if (jsonSchema === true) replace(made, { description, type: 'object', allOf: [{ $ref: OF_SCHEMAS }] });
}

/** Within the file: a reference to where it is published would make every editor fetch it, and fail where there is no network. */
function schemaOfSchemas(): JsonSchema {
  const published = JSON.stringify(schemaOfDraft07());
  const { $id: _, $schema: __, ...moved } = JSON.parse(published.replaceAll('"$ref":"#', `"$ref":"${OF_SCHEMAS}`));
  // No keyword any more in draft 2020-12, where anything may stand there.
  return { ...moved, properties: { ...moved.properties, additionalItems: true } };
}

function refersTo(schema: JsonSchema, target: string): boolean {
  return JSON.stringify(schema).includes(`"$ref":"${target}"`);
}

function replace(made: JsonSchema, by: object): void {
  for (const key of Object.keys(made)) delete made[key];
  Object.assign(made, by);
}
