import type { ProviderConfig } from './config.js';

/** Emulators take any key, but not none. */
const PLACEHOLDER = 'local';
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The environment variable that holds a provider's key is not set. */
export class ApiKeyMissing extends Error {
  override readonly name = 'ApiKeyMissing';
  readonly variable: string;

  constructor(provider: string, variable: string) {
    super(
      `the key of provider "${provider}" is missing: set the environment variable ${variable} where the worker runs`,
    );
    this.variable = variable;
  }
}

/**
 * The key to send to a provider, read from the environment, without surrounding whitespace. A provider that names no
 * variable gets a placeholder if it is on this machine, else undefined. Throws {@link ApiKeyMissing}.
 */
export function apiKeyFor(
  provider: ProviderConfig,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (provider.apiKeyEnv === undefined) {
    return LOOPBACK.test(new URL(provider.baseUrl).hostname) ? PLACEHOLDER : undefined;
  }
  const key = env[provider.apiKeyEnv]?.trim();
  if (!key) throw new ApiKeyMissing(provider.name, provider.apiKeyEnv);
  return key;
}
