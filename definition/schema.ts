/** The shape of a pipeline definition. What needs more than one field to be judged is in `compile-definition.ts`. */
import { z } from 'zod';
import { closedObject, settingsShape } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { StepPlan } from '../workflows/plan.js';
import { approvalSchema } from './approval.js';
import { budgetSchema } from './budget.js';
import { PIPELINE_NAME } from './pipeline-name.js';
import { isObject } from './plain-json.js';
import { EXPRESSION } from './template.js';

export const DEFAULT_CONCURRENCY = 10;
const MAX_CONCURRENCY = 1_000;
const STEP_NAME = /^[a-z][a-zA-Z0-9_]*$/;

/** Fields that say how a job is run: a value has no use for them. */
export const JOB_FIELDS = [
  'input',
  'timeouts',
  'retry',
  'policy',
  's3Config',
  'model',
  'outputSchema',
  'hedge',
  'onAmbiguousSubmit',
  'stream',
] as const;
/** Those of them that a nested pipeline has a use for. */
export const NESTED_FIELDS: readonly string[] = ['input', 'timeouts'];
/** Fields that only a `forEach` has a use for. */
export const FOR_EACH_FIELDS = ['concurrency', 'tolerate'] as const;

/** For the types whose own message would say less. */
const expected = (message: string) => ({
  error: ({ input }: { readonly input?: unknown }) => (input === undefined ? 'is missing' : message),
});

/** Taken as it is: that it is JSON has been checked before. */
const json = z.custom<JsonValue>();
const jsonObject = z.custom<JsonObject>(isObject, expected('must be a map')).meta({ type: 'object' });

const stepName = z
  .string()
  .regex(STEP_NAME, 'the name of a step begins with a small letter and goes on with letters, digits and _')
  // It is a part of the ids of activities, which Temporal bounds: one that is too long would fail the workflow task for ever.
  .max(200, 'the name of a step has at most 200 characters');

const tolerate = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .regex(/^\d{1,3}(\.\d+)?%$/, 'must be a count or a share like "5%"')
        .meta({ title: 'percentage', pattern: String.raw`^(0?\d{1,2}(\.\d+)?|100(\.0+)?)%$` }),
    ],
    { error: 'must be a count or a share like "5%"' },
  )
  .transform((value): StepPlan['tolerate'] =>
    typeof value === 'number' ? { count: value } : { percent: Number(value.slice(0, -1)), exact: true },
  )
  .refine((value) => !('percent' in value) || value.percent <= 100, 'must be at most 100%');

/** One alias or `provider/endpointId`, or several in the order in which they are tried. */
export const endpointNames = z.union(
  [z.string().min(1), z.array(z.string().min(1)).min(1)],
  expected('must be the name of an endpoint, or a list of names'),
);

/** What may be asked of a job apart from its input, in a step and in the input of the workflow `job` alike. */
export const jobOptions = {
  ...settingsShape,
  policy: closedObject({
    lowPriority: z.boolean().optional().meta({
      description: 'The endpoint does not scale up for the job.',
      default: false,
    }),
  })
    .optional()
    .describe('How the provider is to treat the job.'),
  s3Config: jsonObject
    .optional()
    .describe('Object storage that the provider hands to the job. Its keys are secrets: {"$secret": NAME}.'),
  model: z.string().min(1).optional().describe('The model, where the provider chooses the endpoint by it.'),
  outputSchema: jsonObject.optional().meta({
    description: 'JSON Schema that the outputs of its jobs must meet.',
    jsonSchema: true,
  }),
};

const expression = z.string().meta({ title: 'expression', pattern: EXPRESSION.source });

const ON_ERROR = 'must be fail, continue or { output: … }';
/** What takes the place of the output of a step that fails. */
const replacement = closedObject({
  output: z
    .custom<JsonValue>((value) => value !== undefined, 'is missing')
    .meta({
      description: 'The output instead: anything, with expressions at any depth; $error has type and message.',
      examples: ["{% { 'text': '', 'why': $error.message } %}"],
    }),
});

/** For editors: fields that a kind of step does not have. */
const without = (fields: readonly string[]) => Object.fromEntries(fields.map((field) => [field, false]));

const step = closedObject({
  endpoint: endpointNames.optional().meta({
    description: 'A job: an alias or provider/endpointId, or several in the order in which they are tried.',
    examples: ['local/echo'],
  }),
  input: z
    .custom<JsonValue>((value) => value !== null, 'must be an object, not null')
    .optional()
    .meta({
      description:
        'What the job or the pipeline gets: an object whose texts may be expressions, or an expression that yields one.',
      anyOf: [{ type: 'object' }, { title: 'expression', type: 'string', pattern: EXPRESSION.source }],
    }),
  pipeline: z
    .custom<string | JsonObject>(
      (value) => typeof value === 'string' || isObject(value),
      expected('must be the name of a pipeline, or a definition'),
    )
    .optional()
    .meta({
      description:
        "A pipeline as one step: the name of a definition in the worker's folder, or a definition. It sees its own input alone.",
      title: 'name or definition',
      anyOf: [{ type: 'string', pattern: PIPELINE_NAME.source }, { $ref: '#' }],
    }),
  set: json.optional().meta({
    description: 'A value: anything, with expressions at any depth.',
    examples: ['{% [$steps.draw.output[score > 0.5]] %}'],
  }),
  approval: approvalSchema
    .optional()
    .describe('A person decides: by `jobrelay approve`, or from any Temporal SDK by the update or signal approve.'),
  needs: z.array(z.string()).optional().describe('Steps to wait for beside those that the expressions name.'),
  when: z
    .union([expression, z.boolean()], { error: 'must be an expression {% … %}, true or false' })
    .optional()
    .meta({
      description: 'Whether the step runs.',
      default: true,
      examples: ['{% $count($steps.best.output) > 0 %}'],
    }),
  forEach: z
    .union([expression, z.array(json)], { error: 'must be an expression {% … %} or a list' })
    .optional()
    .meta({
      description: 'Runs the step once for each item of a list, as $item and $index.',
      examples: ['{% $input.titles %}'],
    }),
  concurrency: z
    .int()
    .min(1)
    .max(MAX_CONCURRENCY)
    .optional()
    .meta({ description: 'Of a forEach: items under way at once.', default: DEFAULT_CONCURRENCY }),
  tolerate: tolerate.optional().meta({
    description: 'Of a forEach: failed items that the step may have and still complete, a count or a share.',
    default: 0,
    examples: ['5%'],
  }),
  onError: z
    .union([z.enum(['fail', 'continue'], { error: ON_ERROR }), replacement], { error: ON_ERROR })
    .optional()
    .meta({
      description: 'Where the step fails: fail the run, or go on with null or another value for its output.',
      default: 'fail',
    }),
  ...jobOptions,
})
  // What compile-step.ts says in better words, for editors.
  .meta({
    description:
      'A job ("endpoint" and "input"), a value ("set"), an approval, or a pipeline ("pipeline" and "input").',
    oneOf: [
      { required: ['endpoint'], properties: without(['set', 'approval', 'pipeline']) },
      { required: ['set'], properties: without(['endpoint', 'approval', 'pipeline', ...JOB_FIELDS]) },
      { required: ['approval'], properties: without(['endpoint', 'set', 'pipeline', 'concurrency', ...JOB_FIELDS]) },
      {
        required: ['pipeline'],
        properties: {
          ...without(['endpoint', 'set', 'approval']),
          timeouts: { properties: without(['queue', 'run']) },
          ...without(JOB_FIELDS.filter((field) => !NESTED_FIELDS.includes(field))),
        },
      },
    ],
    dependencies: Object.fromEntries(FOR_EACH_FIELDS.map((field) => [field, ['forEach']])),
  });

export const definitionSchema = closedObject({
  version: z.literal(1).describe('Version of this format.'),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Shown in the Temporal UI, and the search attribute JobRelayPipeline.'),
  input: jsonObject.optional().meta({
    description: "JSON Schema of the run's input: draft 2020-12, or draft-07 by $schema.",
    jsonSchema: true,
  }),
  defaults: closedObject({ timeouts: settingsShape.timeouts, retry: settingsShape.retry })
    .optional()
    .describe('Settings of all job steps that do not say otherwise.'),
  budget: budgetSchema
    .optional()
    .describe('What a run may spend at most, with its nested pipelines. Then nothing more is submitted, and it fails.'),
  steps: z.record(stepName, step).meta({
    description: 'The steps, by name. A step starts when all that its expressions name have ended.',
    minProperties: 1,
  }),
  output: json
    .optional()
    .describe('What the run returns, with expressions at any depth. Absent: the outputs of all steps by name.'),
});

export type Definition = z.output<typeof definitionSchema>;
export type StepDefinition = z.output<typeof step>;

/** Found by a query of Temporal's, which neither a quote nor a backslash can stand in. */
const tenant = z
  .string()
  .regex(
    /^[^"\\\p{Cc}]{1,200}$/u,
    'must be a text of at most 200 characters, without quotes, backslashes and line breaks',
  )
  .optional();

/** The input of the workflow `job`. */
export const jobInputSchema = closedObject(
  {
    endpoint: endpointNames,
    input: jsonObject,
    tenant,
    budget: budgetSchema.optional(),
    ...jobOptions,
  },
  { later: ['priority', 'reuse', 'notify', 'mode'] },
);

/** The input of the workflow `pipeline`, with its definition in place. */
export const pipelineInputSchema = closedObject({
  definition: z.custom<JsonObject>(isObject, {
    error: ({ input }) =>
      input === undefined
        ? 'is missing: give a definition, or in its place the name of one as "pipeline"'
        : 'must be a map',
  }),
  pipeline: z.never({ error: 'is a name, and there is no folder to look it up in' }).optional(),
  input: json.optional(),
  tenant,
  budget: budgetSchema.optional(),
});
