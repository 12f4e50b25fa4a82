import { ConfigError, type WebhooksConfig } from '../../config/index.js';

const MIN_LENGTH = 16;

/**
 * What the addresses of webhooks are signed with.
 *
 * @throws {ConfigError} where it is not set, or is too short to be one
 */
export function webhookSecret(
  { secretEnv: variable }: Pick<WebhooksConfig, 'secretEnv'>,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const secret = env[variable]?.trim() ?? '';
  if (secret.length >= MIN_LENGTH) return secret;
  const what = secret === '' ? 'is not set' : `has fewer than ${MIN_LENGTH} characters`;
  throw new ConfigError([
    `webhooks.secret: the environment variable ${variable} ${what} where the worker runs; make one with "openssl rand -hex 32"`,
  ]);
}
