/** Whether workers serve artifacts over HTTP, as `jobrelay.yaml` says it. */
import { z } from 'zod';
import { closedObject } from './closed-object.js';
import type { ArtifactServerConfig } from './config.js';
import { listenAddress } from './listen.js';

/** Overrides `listen` for one process; `off` where it is not to listen. */
export const ARTIFACTS_LISTEN_VARIABLE = 'JOBRELAY_ARTIFACTS_LISTEN';
export const ARTIFACTS_LISTEN_DEFAULT = '127.0.0.1:8091';

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

const token = z
  .string()
  .meta({ pattern: VARIABLE.source })
  .transform((text, context) => {
    const [, variable] = VARIABLE.exec(text) ?? [];
    if (variable !== undefined) return variable;
    const message = `must name an environment variable, as "\${JOBRELAY_ARTIFACTS_TOKEN}": secrets do not belong in this file`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

export const artifactServerSchema = closedObject({
  listen: listenAddress(ARTIFACTS_LISTEN_DEFAULT)
    .optional()
    .meta({
      description: `Where each worker listens; ${ARTIFACTS_LISTEN_VARIABLE} overrides it for one process.`,
      default: ARTIFACTS_LISTEN_DEFAULT,
      examples: ['0.0.0.0:8091'],
    }),
  token: token.meta({
    description:
      'The environment variable that holds the token which a request must bear; the same on all workers, 16 characters or more.',
    examples: [`\${JOBRELAY_ARTIFACTS_TOKEN}`],
  }),
}).transform(
  ({ token: tokenEnv, listen }): ArtifactServerConfig => ({
    tokenEnv,
    listen: listen ?? { host: '127.0.0.1', port: 8091 },
  }),
);
