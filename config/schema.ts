/** `jobrelay.yaml`, as it may be written. Every check stands at its field, so that one reading finds all mistakes. */
import { z } from 'zod';
import type { DialectName } from '../job-api/dialects/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import { artifactServerSchema } from './artifact-server.js';
import { artifactsSchema } from './artifacts.js';
import { capturePathsSchema, captureSchema } from './capture.js';
import { circuitSchema } from './circuit.js';
import { closedObject } from './closed-object.js';
import type { EndpointMapping } from './config.js';
import { correlationSchema } from './correlation.js';
import { definedFields } from './defined-fields.js';
import { limitsSchema, sharedLimitsSchema } from './limits.js';
import { problemsOfMapping } from './mapping.js';
import { providerSchema, VARIABLE } from './provider-schema.js';
import { reapSchema } from './reap.js';
import { settingsShape } from './settings.js';
import { isEndpointOf, parseTarget, TARGET, whyNotEndpoint } from './target.js';
import { webhooksSchema } from './webhooks.js';

/** No slash and no dot: that is how an alias, `provider/endpointId` and a path in a message are told apart. */
const name = z
  .string()
  .regex(/^[A-Za-z][\w-]*$/, 'a name begins with a letter and goes on with letters, digits, _ and -');

const mapping = (variable: 'input' | 'output') =>
  z
    .custom<JsonValue>((value) => value !== undefined)
    .superRefine((template, context) => {
      if (
        variable === 'input' &&
        (typeof template === 'string'
          ? !template.includes('{%')
          : typeof template !== 'object' || template === null || Array.isArray(template))
      ) {
        context.addIssue({ code: 'custom', message: 'must be an expression {% … %}, or a map that may hold some' });
      }
      for (const { path, message } of problemsOfMapping(template, variable)) {
        context.addIssue({ code: 'custom', path: [...path], message });
      }
    });

const amount = z.number().min(0);
const price = closedObject({
  perSecond: amount.optional().meta({ description: 'Of execution, in US dollars.', examples: [0.00034] }),
  perJob: amount.optional().describe('In US dollars.'),
})
  .meta({ oneOf: [{ required: ['perSecond'] }, { required: ['perJob'] }] })
  .transform((value, context) => {
    const { perSecond, perJob } = value;
    if (perSecond !== undefined && perJob === undefined) return { perSecond };
    if (perJob !== undefined && perSecond === undefined) return { perJob };
    context.addIssue({ code: 'custom', message: 'must hold either perSecond or perJob, in US dollars' });
    return z.NEVER;
  });

/** The schema of a file whose endpoints may use these providers; one whose dialect is unknown takes any endpoint. */
export function fileSchema(providers: ReadonlyMap<string, DialectName | undefined>) {
  const direct = z
    .string()
    .meta({ title: 'provider/endpointId', pattern: TARGET.source, examples: ['runpod/abc123', 'studio/images'] })
    .transform((id, context) => {
      const target = parseTarget(id);
      const dialect = target && providers.get(target.provider);
      const wrong = dialect && whyNotEndpoint(dialect, target.endpointId);
      if (target !== undefined && providers.has(target.provider) && wrong === undefined) return target;
      const message = target
        ? (wrong ?? `provider "${target.provider}" is not in this file (known: ${[...providers.keys()].join(', ')})`)
        : 'must be provider/endpointId';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
  const mapped = closedObject({
    id: direct.describe('The endpoint.'),
    model: z.string().min(1).optional().describe('The model, where the provider chooses the endpoint by it.'),
    input: mapping('input')
      .optional()
      .meta({
        description: 'What this endpoint gets, with expressions over $input, the input of the job. Absent: the input.',
        examples: ['{% { "file_url": $input.audio } %}'],
      }),
    output: mapping('output')
      .optional()
      .meta({
        description: 'The output of the job, with expressions over $output, what this endpoint returned. Absent: that.',
        examples: ['{% { "text": $output.transcription } %}'],
      }),
    capture: capturePathsSchema.optional().meta({
      description:
        'Where in the outputs of this endpoint, after its mapping, there are URLs to be stored: in the place of what the alias says.',
      examples: [['output.result.url']],
    }),
  }).transform(({ id, ...rest }) => ({ ...id, ...definedFields(rest) }));
  const target = z.union([direct, mapped], {
    error: 'must be provider/endpointId, or a map with id, model, input, output and capture',
  });
  const full = closedObject({
    use: z.preprocess(listOfOne, z.array(target).min(1).superRefine(refuseTwins)).meta({
      description: 'One provider/endpointId or several, tried in this order.',
      orOne: true,
    }),
    price: price.optional().describe('What the cost is estimated by: either field.'),
    outputSchema: z.record(z.string(), z.json()).optional().meta({
      description: 'JSON Schema that the outputs of its jobs must meet.',
      jsonSchema: true,
    }),
    allowEmptyInput: z.boolean().optional().meta({
      description: "Lets jobs with the input {} through, which RunPod's own workers refuse.",
      default: false,
    }),
    limits: limitsSchema.optional(),
    rehydrate: z.enum(['value', 'url']).optional().meta({
      description:
        'What its jobs get for a stored file in their input: its text, base64 as it was; or an address at which it can be read until the job is over. url needs artifacts in a bucket that the workers of the provider can reach.',
      default: 'value',
    }),
    correlation: correlationSchema.optional().meta({
      description:
        'Puts a key into the input of each of its jobs, by which the handler knows the submit: a submit that takes the place of one whose fate is not known has the same key, so that a handler can do the work once. Absent: inputs are as they are.',
    }),
    capture: capturePathsSchema.optional().meta({
      description:
        'Where in its outputs there are URLs: what they lead to is stored before it expires, and a reference takes the place of each. From the hosts of capture alone.',
      examples: [['output.image', 'output.images.*.url']],
    }),
    circuit: circuitSchema.optional(),
    ...settingsShape,
  });
  /** A bare string stands for an endpoint that is used as it is. */
  const bare = direct.transform((id): z.output<typeof full> => ({ use: [id] }));
  const endpoint = z.union([bare, full], { error: 'must be provider/endpointId, or a map with the list use' });
  return closedObject({
    version: z.literal(1).describe('Version of this format.'),
    providers: z
      .record(name, providerSchema.describe('An account at a job API.'))
      .optional()
      .describe('Accounts at job APIs, by name. The emulator, "local", is always one of them.'),
    defaults: closedObject(settingsShape).optional().describe('Settings of all jobs that nothing else sets.'),
    endpoints: z
      .record(name, endpoint.describe('A provider/endpointId, or a map with "use".'))
      .optional()
      .describe('Aliases of endpoints. A provider/endpointId can be used without one.'),
    artifacts: artifactsSchema
      .optional()
      .describe('Where large values and files are kept. All workers and clients must see the same.'),
    capture: captureSchema
      .optional()
      .describe('Where the files may be fetched from that endpoints capture. Absent: nowhere.'),
    artifactServer: artifactServerSchema
      .optional()
      .describe('Has workers serve artifacts over HTTP: GET /artifacts/SHA256. Absent: they do not.'),
    pipelines: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Folder of the definitions that runs may name, relative to that of this file.',
        examples: ['./pipelines'],
      }),
    reap: reapSchema.optional(),
    limits: sharedLimitsSchema.optional().describe('How workers share the limits of providers.'),
    webhooks: webhooksSchema
      .optional()
      .describe('Has providers tell the workers of jobs that have ended. Absent: jobs are read alone.'),
    secrets: z
      .array(z.string().regex(VARIABLE, 'must be the name of an environment variable'))
      .optional()
      .meta({
        description: 'Environment variables of the worker that {"$secret": NAME} in an input may name.',
        examples: [['HF_TOKEN']],
      }),
  });
}

export type FileConfig = z.output<ReturnType<typeof fileSchema>>;

/**
 * An entry is known by its id in a run, so of two with the same one it could not be said which maps. A surface of a
 * gateway has the same one as each of its endpoints.
 */
function refuseTwins(
  use: readonly (Pick<Target, 'provider' | 'endpointId'> & EndpointMapping)[],
  context: z.RefinementCtx,
): void {
  const areTwins = (a: (typeof use)[number], b: (typeof use)[number]) =>
    a.provider === b.provider &&
    (isEndpointOf(a.endpointId, b.endpointId) || isEndpointOf(b.endpointId, a.endpointId)) &&
    [a, b].some(({ input, output, capture }) => [input, output, capture].some((own) => own !== undefined));
  use.forEach((entry, index) => {
    const twin = use.slice(0, index).find((earlier) => areTwins(earlier, entry));
    if (twin === undefined) return;
    const name = `${entry.provider}/${entry.endpointId}`;
    const same =
      twin.endpointId === entry.endpointId
        ? 'stands here twice'
        : `may be the same as ${twin.provider}/${twin.endpointId}`;
    context.addIssue({
      code: 'custom',
      path: [index],
      message: `${name} ${same}, and has an input, output or capture of its own: give the second an alias of its own`,
    });
  });
}

function listOfOne(value: unknown): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}
