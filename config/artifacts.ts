/** Where large values and files are kept, as `jobrelay.yaml` says it. */
import { z } from 'zod';
import type { S3StoreSettings } from '../artifacts/index.js';
import { closedObject } from './closed-object.js';
import { definedFields } from './defined-fields.js';

/** `path` as it is written: what it is relative to, the file knows. */
export type ArtifactsInFile = { readonly driver: 'file'; readonly path?: string } | S3StoreSettings;

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

const key = (example: string) =>
  z
    .string()
    .meta({ pattern: VARIABLE.source })
    .transform((text, context) => {
      const [, variable] = VARIABLE.exec(text) ?? [];
      if (variable !== undefined) return variable;
      const message = `must name an environment variable, as "\${${example}}": keys do not belong in this file`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });

const endpoint = z
  .string()
  .meta({ pattern: '^https?://[^/?#]+(/[^?#]*)?$' })
  .superRefine((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
    if (!isPlain)
      context.addIssue({ code: 'custom', message: 'must be a URL like https://s3.example.com, without keys' });
  })
  .transform((text) => text.replace(/\/+$/, ''));

/** Fields of one driver that the other does not have. */
const OF_S3 = ['bucket', 'prefix', 'region', 'endpoint', 'forcePathStyle', 'accessKeyId', 'secretAccessKey'] as const;

export const artifactsSchema = closedObject({
  driver: z.enum(['file', 's3']).optional().meta({
    description: 'Where they are kept: in a folder, or in a bucket of S3 or of what speaks its protocol.',
    default: 'file',
  }),
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Their folder, relative to that of this file. Absent: artifacts in the folder that --state names.'),
  bucket: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'must be the name of a bucket: 3 to 63 lower-case letters, digits, - and .',
    )
    .optional()
    .meta({ description: 'The bucket. Needed for s3.', examples: ['studio-artifacts'] }),
  prefix: z
    .string()
    .regex(/^[\w!.*'()-]+(\/[\w!.*'()-]+)*$/, 'must be like studio/artifacts: no slash at its ends, no spaces')
    .optional()
    .meta({
      description: 'What the keys of the bucket begin with. A store needs one for itself.',
      examples: ['jobrelay/production'],
    }),
  region: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        "The region. Absent: as AWS's tools find it, by AWS_REGION or a profile; us-east-1 with an endpoint.",
      examples: ['eu-central-1'],
    }),
  endpoint: endpoint.optional().meta({
    description: 'The address of a provider other than AWS.',
    examples: ['https://s3.example.com'],
  }),
  forcePathStyle: z.boolean().optional().meta({
    description:
      'The bucket stands in the path of an address, not in its host name, as most servers of your own want it.',
    default: false,
  }),
  accessKeyId: key('S3_ACCESS_KEY_ID')
    .optional()
    .meta({
      description:
        "The environment variable that holds the id of the key. Absent: keys are found as AWS's tools find them, by AWS_ACCESS_KEY_ID, a profile or a role.",
      examples: [`\${S3_ACCESS_KEY_ID}`],
    }),
  secretAccessKey: key('S3_SECRET_ACCESS_KEY')
    .optional()
    .meta({
      description: 'The environment variable that holds the key.',
      examples: [`\${S3_SECRET_ACCESS_KEY}`],
    }),
})
  .meta({
    if: { properties: { driver: { const: 's3' } }, required: ['driver'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { required: ['bucket'], properties: { path: false } },
    else: { properties: Object.fromEntries(OF_S3.map((field) => [field, false])) },
    dependencies: { accessKeyId: ['secretAccessKey'], secretAccessKey: ['accessKeyId'] },
  })
  .superRefine((given, context) => {
    const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (given.driver !== 's3') {
      for (const field of OF_S3) if (given[field] !== undefined) wrong(field, 'is of driver: s3');
      return;
    }
    if (given.path !== undefined) wrong('path', 'is of driver: file; in a bucket, write prefix');
    if (given.bucket === undefined) wrong('bucket', 'is missing: driver s3 needs the name of a bucket');
    for (const [one, other] of [
      ['accessKeyId', 'secretAccessKey'],
      ['secretAccessKey', 'accessKeyId'],
    ] as const) {
      if (given[one] !== undefined && given[other] === undefined) wrong(other, `is missing: ${one} goes with it`);
    }
  })
  .transform(({ driver, path, bucket = '', accessKeyId, secretAccessKey, ...rest }): ArtifactsInFile => {
    if (driver !== 's3') return { driver: 'file', ...definedFields({ path }) };
    const keys = definedFields({ accessKeyIdEnv: accessKeyId, secretAccessKeyEnv: secretAccessKey });
    return { driver, bucket, ...definedFields(rest), ...keys };
  });
