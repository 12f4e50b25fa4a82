import type { Path } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import { problemsOfMarked } from './marked-objects.js';
import { isObject } from './plain-json.js';
import { type Problem, quote } from './problems.js';

const KEY = '$secret';

/**
 * Leaves `{"$secret": NAME}` that could not be filled in at the submit: of another shape, or with a name that the
 * configuration does not allow.
 */
export function problemsOfSecrets(value: JsonValue, allowed: readonly string[], path: Path = []): readonly Problem[] {
  return problemsOfMarked(value, KEY, path, (node) => whyNotUsable(node, allowed));
}

function whyNotUsable(value: { readonly [key: string]: JsonValue }, allowed: readonly string[]): string | undefined {
  if (!isSecret(value))
    return `a secret is {"${KEY}": NAME} and nothing else, with the name of an environment variable`;
  if (allowed.includes(value[KEY])) return undefined;
  return `the secret ${quote(value[KEY])} may not be used in inputs: name it under "secrets" in jobrelay.yaml`;
}

/** Storage credentials must be secrets: written out, they would stand in the history of the run. */
export function problemsOfS3Config(
  s3Config: { readonly [key: string]: JsonValue } | undefined,
  allowed: readonly string[],
  path: Path,
): readonly Problem[] {
  if (s3Config === undefined) return [];
  const written = ['accessId', 'accessSecret'].filter((field) => {
    const value = s3Config[field];
    return value !== undefined && !(isObject(value) && Object.hasOwn(value, KEY));
  });
  return [
    ...written.map((field) => ({
      path: [...path, field],
      message: `credentials do not belong in an input, which every history keeps: write {"${KEY}": NAME}, with NAME under "secrets" in jobrelay.yaml`,
    })),
    ...problemsOfSecrets(s3Config, allowed, path),
  ];
}

function isSecret(value: { readonly [key: string]: JsonValue }): value is { readonly [KEY]: string } {
  return typeof value[KEY] === 'string' && Object.keys(value).length === 1;
}
