import type { WebhooksConfig } from '../../config/index.js';
import { secretOf } from '../secret-variable.js';

/**
 * What the addresses of webhooks are signed with.
 *
 * @throws {ConfigError} where it is not set, or is too short to be one
 */
export function webhookSecret(
  { secretEnv }: Pick<WebhooksConfig, 'secretEnv'>,
  env: Readonly<Record<string, string | undefined>>,
): string {
  return secretOf('webhooks.secret', secretEnv, env);
}
