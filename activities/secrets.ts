import { InvalidRequest } from '../job-api/errors.js';
import type { JsonValue } from '../job-api/json.js';

export interface SecretSource {
  /** Names that the configuration lets an input use. */
  readonly allowed: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Replaces each `{"$secret": NAME}` leaf by the worker's environment variable. Done at the last moment before the
 * submit: no history, log or artifact ever holds the value.
 *
 * @throws InvalidRequest for a name that the configuration does not allow, or that is not set. The value is never shown.
 */
export function resolveSecrets(value: JsonValue, source: SecretSource): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => resolveSecrets(item, source));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === '$secret' && typeof first[1] === 'string') return lookUp(first[1], source);
  return Object.fromEntries(entries.map(([key, item]) => [key, resolveSecrets(item, source)]));
}

function lookUp(name: string, { allowed, env }: SecretSource): string {
  if (!allowed.includes(name)) {
    throw new InvalidRequest(`the secret ${name} may not be used in inputs: name it under "secrets" in jobrelay.yaml`);
  }
  const value = env[name];
  if (value === undefined) throw new InvalidRequest(`the secret ${name} is not set in the worker's environment`);
  return value;
}
