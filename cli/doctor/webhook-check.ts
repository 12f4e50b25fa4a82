import { type Config, ConfigError } from '../../config/index.js';
import { webhookSecret } from '../../worker/webhooks/secret.js';
import { WebhookTokens } from '../../worker/webhooks/tokens.js';
import { checkNamed, type Finding } from './finding.js';

const TIMEOUT_MS = 5_000;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether providers would reach a worker: asked from here, by a request that wakes nobody. */
export async function checkWebhooks(
  { webhooks: config }: Pick<Config, 'webhooks'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finding[]> {
  if (config === undefined) return [];
  const { ok, warn, fail } = checkNamed('webhooks');
  const { publicUrl } = config;
  try {
    const token = new WebhookTokens(webhookSecret(config, env), '').sign('probe');
    const answer = await fetch(`${publicUrl}/${token}`, { method: 'POST', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.body?.cancel();
    if (answer.status === 404) {
      return [
        fail(
          `${publicUrl} answers, but no worker with this secret does (404)`,
          `give all workers the same value of ${config.secretEnv}, and have the proxy pass this path on to them`,
        ),
      ];
    }
    if (!answer.ok) return [noWorker(`answers ${answer.status}`)];
    const { protocol, hostname } = new URL(publicUrl);
    return protocol === 'https:' || LOOPBACK.test(hostname)
      ? [ok(`a worker answers at ${publicUrl}`)]
      : [
          warn(
            `a worker answers at ${publicUrl}, without TLS`,
            'use https: webhooks hold the inputs and outputs of jobs',
          ),
        ];
  } catch (error) {
    if (error instanceof ConfigError) return [fail(error.message)];
    return [noWorker(`does not answer (${reasonOf(error)})`)];
  }

  function noWorker(what: string): Finding {
    return warn(
      `${publicUrl} ${what}: jobs are read by the backstop alone`,
      'start a worker, and have this address lead to where it says that it listens',
    );
  }
}

function reasonOf(error: unknown): string {
  const { cause, name, message } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? (name === 'TimeoutError' ? 'no answer in 5 s' : message);
}
