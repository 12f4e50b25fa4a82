import { ConfigError } from '../config/index.js';

const MIN_LENGTH = 16;

/**
 * A secret of the workers' own, from the environment.
 *
 * @param field of the configuration, which names the variable
 * @throws {ConfigError} where it is not set, or is too short to be one
 */
export function secretOf(field: string, variable: string, env: Readonly<Record<string, string | undefined>>): string {
  const secret = env[variable]?.trim() ?? '';
  if (secret.length >= MIN_LENGTH) return secret;
  const what = secret === '' ? 'is not set' : `has fewer than ${MIN_LENGTH} characters`;
  throw new ConfigError([
    `${field}: the environment variable ${variable} ${what} where the worker runs; make one with "openssl rand -hex 32"`,
  ]);
}
