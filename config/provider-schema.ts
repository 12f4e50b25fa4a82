/** An account at a job API, as `jobrelay.yaml` may describe it. */
import { z } from 'zod';
import { DIALECT_NAMES, DIALECTS } from '../job-api/dialects/index.js';
import { runpod } from '../job-api/dialects/runpod.js';
import { isAboutJob, isSubmitOperation, type Operation } from '../job-api/http/call.js';
import { whyNotAuthHeader, whyNotAuthValue, whyNotOverride } from '../job-api/routes.js';
import { closedObject } from './closed-object.js';
import { definedFields } from './defined-fields.js';
import { limitsSchema } from './limits.js';
import { durationUpTo } from './settings.js';

const KEY_EXAMPLE = `"\${RUNPOD_API_KEY}"`;
/** The name of an environment variable. */
export const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

const dialect = z
  .enum(DIALECT_NAMES, {
    error: ({ input }) =>
      input === undefined ? undefined : `is not a known dialect (known: ${DIALECT_NAMES.join(', ')})`,
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

/** A text that a rule of the remote side must let pass. */
const checked = (pattern: string, why: (text: string) => string | undefined) =>
  z
    .string()
    .meta({ pattern })
    .superRefine((text, context) => {
      const wrong = why(text);
      if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
    });

const auth = closedObject({
  header: checked(String.raw`^[\w!#$%&'*+.^|~-]+$`, whyNotAuthHeader)
    .optional()
    .meta({ description: 'The header that holds the key.', examples: ['x-apikey', 'Authorization'] }),
  value: checked(String.raw`^[^{]*\{key\}[^{]*$`, whyNotAuthValue)
    .optional()
    .meta({
      description:
        'What it holds, with the key in the place of {key}. Absent, of a header that is given here: the key alone.',
      examples: ['Bearer {key}'],
    }),
})
  .meta({ anyOf: [{ required: ['header'] }, { required: ['value'] }] })
  .superRefine(({ header, value }, context) => {
    if (header === undefined && value === undefined) {
      context.addIssue({ code: 'custom', message: 'must hold header, value or both' });
    }
  })
  .transform(definedFields);

const operation = (name: Operation) =>
  z.union(
    [
      z.literal(false),
      closedObject({
        method: z
          .enum(isSubmitOperation(name) ? ['POST'] : ['GET', 'POST'])
          .optional()
          .describe('Its verb. Absent: the documented one.'),
        path: z
          .string()
          .meta({ pattern: isAboutJob(name) ? String.raw`^/[^?#\s]*\{jobId\}[^?#\s]*$` : String.raw`^/[^?#\s]+$` })
          .optional()
          .meta({
            description: `Its path below the baseUrl, with {endpointId}${isAboutJob(name) ? ', {jobId}' : ''} and, of a gateway, {surface}. Absent: the documented one.`,
            examples: [runpod.routes[name].path],
          }),
      })
        .meta({ anyOf: [{ required: ['method'] }, { required: ['path'] }] })
        .superRefine(({ method, path }, context) => {
          if (method === undefined && path === undefined) {
            context.addIssue({ code: 'custom', message: 'must hold method, path or both' });
          }
        })
        .transform(definedFields),
    ],
    { error: 'must be a map with method and path, or false where there is none' },
  );

const OPERATIONS = {
  run: 'Submits a job.',
  runSync: 'Submits a job and waits for its end.',
  status: 'Reads a job.',
  statusSync: 'Reads a job, and waits for its end for a while.',
  stream: "Reads a generator's chunks.",
  cancel: 'Cancels a job.',
  retry: 'Puts a failed job back into the queue.',
  purgeQueue: 'Empties the queue.',
  health: 'Reads the counters of jobs and workers.',
} as const satisfies Record<Operation, string>;

const operations = closedObject({
  run: operation('run').optional().describe(OPERATIONS.run),
  runSync: operation('runSync').optional().describe(OPERATIONS.runSync),
  status: operation('status').optional().describe(OPERATIONS.status),
  statusSync: operation('statusSync').optional().describe(OPERATIONS.statusSync),
  stream: operation('stream').optional().describe(OPERATIONS.stream),
  cancel: operation('cancel').optional().describe(OPERATIONS.cancel),
  retry: operation('retry').optional().describe(OPERATIONS.retry),
  purgeQueue: operation('purgeQueue').optional().describe(OPERATIONS.purgeQueue),
  health: operation('health').optional().describe(OPERATIONS.health),
}).transform(definedFields);

export const providerSchema = closedObject({
  dialect,
  baseUrl: baseUrl.optional().meta({
    description:
      "The API's address: up to and with /v2 of RunPod, /v1/sl of SubModel, /v1/runpod of a gateway, which has no other. Absent: the documented one.",
    examples: ['https://gpu.studio.example/v2'],
  }),
  apiKey: apiKey.optional().meta({
    description: 'The environment variable that holds the key where the worker runs. Needed where there is no baseUrl.',
    examples: [`\${RUNPOD_API_KEY}`],
  }),
  auth: auth.optional().describe('How the key is sent, where it is not as documented.'),
  operations: operations
    .optional()
    .describe('Paths and verbs that are not as documented, by operation; false for one that is not there.'),
  limits: limitsSchema.optional(),
  retention: durationUpTo()
    .optional()
    .meta({
      description:
        'How long the result of an ended job can be read: the pace and the order of reads follow from it. Absent: as documented, 30 minutes.',
      examples: ['10m'],
    }),
  webhooks: z
    .boolean()
    .optional()
    .meta({ description: 'Whether it is asked for webhooks, where the workers have a receiver.', default: true }),
})
  .meta({
    anyOf: [{ required: ['baseUrl'] }, { required: ['apiKey'] }],
    if: { properties: { dialect: { const: 'gateway' } }, required: ['dialect'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['baseUrl'] },
  })
  .superRefine((value, context) => {
    const { vendor, baseUrl: documented } = DIALECTS[value.dialect];
    if (value.baseUrl === undefined && documented === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['baseUrl'],
        message: `is missing: ${vendor} has no address of its own, so write it, up to and with /v1/runpod`,
      });
    } else if (value.baseUrl === undefined && value.apiKey === undefined) {
      context.addIssue({ code: 'custom', path: ['apiKey'], message: `is missing: write apiKey: ${KEY_EXAMPLE}` });
    }
    for (const [path, message] of problemsOfOperations(value)) context.addIssue({ code: 'custom', path, message });
  })
  .transform(({ baseUrl: given, webhooks, retention: retentionMs, ...rest }) => ({
    ...definedFields(rest),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(webhooks === false && { webhooks }),
    dialect: rest.dialect,
    baseUrl: given ?? DIALECTS[rest.dialect].baseUrl ?? '',
  }));

/** What a path may hold depends on the dialect, which stands in another field. */
function problemsOfOperations({
  dialect: name,
  operations: given = {},
}: {
  readonly dialect: z.output<typeof dialect>;
  readonly operations?: z.output<typeof operations> | undefined;
}): (readonly [string[], string])[] {
  return Object.entries(given).flatMap(([key, override]) => {
    const of = key as Operation;
    const wrong = whyNotOverride(DIALECTS[name], of, override);
    const at = override === false || override.path === undefined ? [] : ['path'];
    return wrong === undefined ? [] : [[['operations', key, ...at], wrong]];
  });
}

function whyNotBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL like https://api.runpod.ai/v2';
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:// or http://';
  if (username || password) return 'must not hold a user or password: name the key in apiKey';
  return search || hash ? 'must end with its path, without ? and #' : undefined;
}
