/** The shape of a pipeline definition. What needs more than one field to be judged is in `compile-definition.ts`. */
import { z } from 'zod';
import { closedObject, settingsShape } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import { isObject } from './plain-json.js';

const MAX_CONCURRENCY = 1_000;
const STEP_NAME = /^[a-z][a-zA-Z0-9_]*$/;

/** For the types whose own message would say less. */
const expected = (message: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : message),
});

/** Taken as it is: that it is JSON has been checked before. */
const json = z.custom<JsonValue>();
const jsonObject = z.custom<JsonObject>(isObject, expected('must be a map'));

const stepName = z
  .string()
  .regex(STEP_NAME, 'the name of a step begins with a small letter and goes on with letters, digits and _');

const tolerate = z
  .union([z.int().min(0), z.string().regex(/^\d{1,3}(\.\d+)?%$/, 'must be a count or a share like "5%"')], {
    error: 'must be a count or a share like "5%"',
  })
  .transform((value) => (typeof value === 'number' ? { count: value } : { percent: Number(value.slice(0, -1)) }))
  .refine((value) => !('percent' in value) || value.percent <= 100, 'must be at most 100%');

/** One alias or `provider/endpointId`, or several in the order in which they are tried. */
export const endpointNames = z.union(
  [z.string().min(1), z.array(z.string().min(1)).min(1)],
  expected('must be the name of an endpoint, or a list of names'),
);

/** What may be asked of a job apart from its input, in a step and in the input of the workflow `job` alike. */
export const jobOptions = {
  ...settingsShape,
  policy: closedObject({ lowPriority: z.boolean().optional() }).optional(),
  s3Config: jsonObject.optional(),
  model: z.string().min(1).optional(),
  outputSchema: jsonObject.optional(),
};

const step = closedObject(
  {
    endpoint: endpointNames.optional(),
    input: json.optional(),
    set: json.optional(),
    needs: z.array(z.string()).optional(),
    when: z.union([z.string(), z.boolean()], { error: 'must be an expression {% … %}, true or false' }).optional(),
    forEach: z.union([z.string(), z.array(json)], { error: 'must be an expression {% … %} or a list' }).optional(),
    concurrency: z.int().min(1).max(MAX_CONCURRENCY).optional(),
    tolerate: tolerate.optional(),
    onError: z
      .enum(['fail', 'continue'], {
        error: ({ input }) =>
          isObject(input)
            ? 'a value in place of the output is not available in this version: write fail or continue'
            : undefined,
      })
      .optional(),
    ...jobOptions,
  },
  { later: ['pipeline', 'approval'] },
);

export const definitionSchema = closedObject({
  version: z.literal(1),
  name: z.string().min(1).max(200).optional(),
  input: jsonObject.optional(),
  defaults: closedObject({ timeouts: settingsShape.timeouts, retry: settingsShape.retry }).optional(),
  steps: z.record(stepName, step),
  output: json.optional(),
});

export type Definition = z.output<typeof definitionSchema>;
export type StepDefinition = z.output<typeof step>;

/** The input of the workflow `job`. */
export const jobInputSchema = closedObject(
  {
    endpoint: endpointNames,
    input: jsonObject,
    stream: z
      .literal('off', { error: 'streams are not available in this version: leave the field out, or write "off"' })
      .optional(),
    ...jobOptions,
  },
  { later: ['tenant', 'priority', 'budget', 'hedge', 'reuse', 'notify', 'mode'] },
);

/** The input of the workflow `pipeline`. */
export const pipelineInputSchema = closedObject(
  { definition: jsonObject, input: json.optional() },
  { later: ['pipeline'] },
);
