/**
 * The JSON Schemas of what people write, for their editors: made from the schemas that check it. Draft-07, which every
 * editor knows. `npm run schemas` writes them beside this file; a test keeps them current.
 *
 * What zod cannot translate is said in the `meta` of a schema, in words of JSON Schema, or by one of two marks: `orOne`
 * for a list that may be written as its one item, `jsonSchema` for a JSON Schema of the author's.
 */
import { z } from 'zod';
import { fileSchema } from '../config/schema.js';
import { definitionSchema } from '../definition/schema.js';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';

/** By the name of the file. */
export const JSON_SCHEMAS = {
  // Which providers there are stands in the file itself: only the full check can tell.
  jobrelay: toJsonSchema(fileSchema([]), {
    title: 'jobrelay.yaml',
    description: 'Which providers and endpoints there are, and how their jobs are run.',
  }),
  pipeline: toJsonSchema(definitionSchema, {
    title: 'JobRelay pipeline',
    description: 'Steps over jobs and values. A text that is {% … %} as a whole is a JSONata expression.',
  }),
} as const;

function toJsonSchema(schema: z.ZodType, titles: Pick<JsonSchema, 'title' | 'description'>): JsonSchema {
  const { definitions, ...made } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => complete(jsonSchema, z.globalRegistry.get(zodSchema) ?? {}),
  });
  // What nothing refers to any more is of a part that a mark has replaced.
  const used = definitions !== undefined && JSON.stringify(made).includes('"#/definitions/');
  return { $schema: DRAFT_07, ...titles, ...made, ...(used && { definitions }) };
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
  if (jsonSchema === true) replace(made, { description, type: 'object', allOf: [{ $ref: DRAFT_07 }] });
}

function replace(made: JsonSchema, by: object): void {
  for (const key of Object.keys(made)) delete made[key];
  Object.assign(made, by);
}
