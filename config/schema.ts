/** `jobrelay.yaml`, as it may be written. Every check stands at its field, so that one reading finds all mistakes. */
import { z } from 'zod';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import { closedObject } from './closed-object.js';
import type { EndpointMapping } from './config.js';
import { definedFields } from './defined-fields.js';
import { problemsOfMapping } from './mapping.js';
import { settingsShape } from './settings.js';
import { parseTarget, TARGET } from './target.js';

const LATER_DIALECTS: readonly unknown[] = ['submodel', 'gateway'];
const KEY_EXAMPLE = `"\${RUNPOD_API_KEY}"`;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** No slash and no dot: that is how an alias, `provider/endpointId` and a path in a message are told apart. */
const name = z
  .string()
  .regex(/^[A-Za-z][\w-]*$/, 'a name begins with a letter and goes on with letters, digits, _ and -');

const dialect = z
  .enum(['runpod'], {
    error: ({ input }) => {
      if (LATER_DIALECTS.includes(input)) return `dialect ${input} is not supported yet (known: runpod)`;
      return input === undefined ? undefined : 'is not a known dialect (known: runpod)';
    },
  })
  .describe('How the provider speaks.');

const baseUrl = z
  .string()
  .meta({ pattern: '^https?://[^?#]+$' })
  .transform((text) => text.replace(/\/+$/, ''))
  .superRefine((text, context) => {
    const wrong = whyNotBaseUrl(text);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
  });

/** Whether a literal key stands here or half a one: the message never quotes it. */
const apiKey = z
  .string()
  .meta({ pattern: String.raw`^\$\{${VARIABLE.source.slice(1, -1)}\}$` })
  .transform((text, context) => {
    const [, variable] = /^\$\{(.*)\}$/s.exec(text) ?? [];
    if (variable !== undefined && VARIABLE.test(variable)) return variable;
    context.addIssue({
      code: 'custom',
      message: text.includes('${')
        ? `must be one environment variable and nothing else, as ${KEY_EXAMPLE}`
        : `must name an environment variable, as ${KEY_EXAMPLE}: keys do not belong in this file`,
    });
    return z.NEVER;
  });

const provider = closedObject({
  dialect,
  baseUrl: baseUrl.optional().meta({
    description: "The API's address, up to and with /v2. Absent: RunPod's own.",
    examples: ['https://gpu.studio.example/v2'],
  }),
  apiKey: apiKey.optional().meta({
    description: 'The environment variable that holds the key where the worker runs. Needed where there is no baseUrl.',
    examples: [`\${RUNPOD_API_KEY}`],
  }),
})
  .meta({ anyOf: [{ required: ['baseUrl'] }, { required: ['apiKey'] }] })
  .superRefine((value, context) => {
    if (value.baseUrl !== undefined || value.apiKey !== undefined) return;
    context.addIssue({ code: 'custom', path: ['apiKey'], message: `is missing: write apiKey: ${KEY_EXAMPLE}` });
  });

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

/** The schema of a file whose endpoints may use these providers. */
export function fileSchema(providers: readonly string[]) {
  const direct = z
    .string()
    .meta({ title: 'provider/endpointId', pattern: TARGET.source, examples: ['runpod/abc123'] })
    .transform((id, context) => {
      const target = parseTarget(id);
      if (target !== undefined && providers.includes(target.provider)) return target;
      const message = target
        ? `provider "${target.provider}" is not in this file (known: ${providers.join(', ')})`
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
  }).transform(({ id, ...rest }) => ({ ...id, ...definedFields(rest) }));
  const target = z.union([direct, mapped], {
    error: 'must be provider/endpointId, or a map with id, model, input and output',
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
    ...settingsShape,
  });
  /** A bare string stands for an endpoint that is used as it is. */
  const bare = direct.transform((id): z.output<typeof full> => ({ use: [id] }));
  const endpoint = z.union([bare, full], { error: 'must be provider/endpointId, or a map with the list use' });
  return closedObject({
    version: z.literal(1).describe('Version of this format.'),
    providers: z
      .record(name, provider.describe('An account at a job API.'))
      .optional()
      .describe('Accounts at job APIs, by name. The emulator, "local", is always one of them.'),
    defaults: closedObject(settingsShape).optional().describe('Settings of all jobs that nothing else sets.'),
    endpoints: z
      .record(name, endpoint.describe('A provider/endpointId, or a map with "use".'))
      .optional()
      .describe('Aliases of endpoints. A provider/endpointId can be used without one.'),
    artifacts: closedObject({
      driver: z.enum(['file']).optional().meta({ description: 'Where they are kept.', default: 'file' }),
      path: z
        .string()
        .min(1)
        .optional()
        .describe('Their folder, relative to that of this file. Absent: artifacts in the folder that --state names.'),
    })
      .optional()
      .describe('Where large values and files are kept. All workers and clients must see the same.'),
    pipelines: z
      .string()
      .min(1)
      .optional()
      .meta({
        description: 'Folder of the definitions that runs may name, relative to that of this file.',
        examples: ['./pipelines'],
      }),
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

/** An entry is known by its id in a run, so of two with the same one it could not be said which maps. */
function refuseTwins(
  use: readonly (Pick<Target, 'provider' | 'endpointId'> & EndpointMapping)[],
  context: z.RefinementCtx,
): void {
  const nameOf = ({ provider, endpointId }: (typeof use)[number]) => `${provider}/${endpointId}`;
  const mapped = new Set(use.filter(({ input, output }) => input !== undefined || output !== undefined).map(nameOf));
  use.forEach((entry, index) => {
    const name = nameOf(entry);
    if (!mapped.has(name) || use.findIndex((other) => nameOf(other) === name) === index) return;
    context.addIssue({
      code: 'custom',
      path: [index],
      message: `${name} stands here twice, and maps its input or output: give the second an alias of its own`,
    });
  });
}

function listOfOne(value: unknown): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}

function whyNotBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL like https://api.runpod.ai/v2';
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:// or http://';
  if (username || password) return 'must not hold a user or password: name the key in apiKey';
  return search || hash ? 'must end with its path, without ? and #' : undefined;
}
