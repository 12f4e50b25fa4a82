/** Whether providers are asked to tell the workers of ended jobs, as `jobrelay.yaml` says it. */
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import type { WebhooksConfig } from './config.js';
import { listenAddress } from './listen.js';
import { durationUpTo } from './settings.js';

/** Overrides `listen` for one process; `off` where it is not to listen. */
export const LISTEN_VARIABLE = 'JOBRELAY_WEBHOOKS_LISTEN';
export const LISTEN_DEFAULT = '127.0.0.1:8090';
const DEFAULTS = { listen: LISTEN_DEFAULT, backstop: '60s', adopt: '2m' } as const;

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
const publicUrl = z
  .string()
  .meta({ pattern: '^https?://[^?#]+$' })
  .transform((text) => text.replace(/\/+$/, ''))
  .superRefine((text, context) => {
    const wrong = whyNotPublicUrl(text);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
  });

const secret = z
  .string()
  .meta({ pattern: VARIABLE.source })
  .transform((text, context) => {
    const [, variable] = VARIABLE.exec(text) ?? [];
    if (variable !== undefined) return variable;
    const message = `must name an environment variable, as "\${JOBRELAY_WEBHOOK_SECRET}": secrets do not belong in this file`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

export const webhooksSchema = closedObject({
  listen: listenAddress(DEFAULTS.listen)
    .optional()
    .meta({
      description: `Where each worker listens; ${LISTEN_VARIABLE} overrides it for one process.`,
      default: DEFAULTS.listen,
      examples: ['0.0.0.0:8090'],
    }),
  publicUrl: publicUrl.meta({
    description: 'The address at which providers reach the workers, with the path of a proxy where there is one.',
    examples: ['https://hooks.example.com/jobrelay'],
  }),
  secret: secret.meta({
    description:
      'The environment variable that holds the secret with which the workers sign the addresses that they give to providers; the same on all of them, 16 characters or more.',
    examples: [`\${JOBRELAY_WEBHOOK_SECRET}`],
  }),
  backstop: durationUpTo()
    .optional()
    .meta({
      description: 'How often a job is read all the same: what a webhook that never comes costs at most.',
      default: DEFAULTS.backstop,
      examples: ['30s', '5m'],
    }),
  adopt: durationUpTo()
    .optional()
    .meta({
      description:
        'How long a submit whose answer was lost waits for the webhook that names its job, before onAmbiguousSubmit has its say.',
      default: DEFAULTS.adopt,
      examples: ['10m'],
    }),
}).transform(
  ({ secret: secretEnv, listen: address, backstop, adopt, ...rest }): WebhooksConfig => ({
    ...rest,
    secretEnv,
    listen: address ?? { host: '127.0.0.1', port: 8090 },
    backstopMs: backstop ?? 60_000,
    adoptMs: adopt ?? 120_000,
  }),
);

function whyNotPublicUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL like https://hooks.example.com';
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https:// or http://';
  if (username || password) return 'must not hold a user or password';
  return search || hash ? 'must end with its path, without ? and #' : undefined;
}
