import type { JsonObject, JsonValue } from '../job-api/json.js';
import { InvalidInput } from './errors.js';

const CREDENTIALS = ['accessId', 'accessSecret'] as const;

/**
 * Refuses credentials of storage that are written out in what is about to be started. The worker refuses them too, but by
 * then the history has them.
 *
 * @throws {InvalidInput}
 */
export function refuseWrittenCredentials(input: JsonObject): void {
  refuse(input.s3Config, 's3Config');
  refuseInSteps(input.definition, 'definition');
}

function refuseInSteps(definition: JsonValue | undefined, path: string): void {
  if (!isObject(definition) || !isObject(definition.steps)) return;
  for (const [name, step] of Object.entries(definition.steps)) {
    if (!isObject(step)) continue;
    refuse(step.s3Config, `${path}.steps.${name}.s3Config`);
    // One that is written in place.
    refuseInSteps(step.pipeline, `${path}.steps.${name}.pipeline`);
  }
}

function refuse(s3Config: JsonValue | undefined, path: string): void {
  if (!isObject(s3Config)) return;
  const written = CREDENTIALS.find((field) => typeof s3Config[field] === 'string');
  if (written === undefined) return;
  throw new InvalidInput(
    `${path}.${written}`,
    'holds a credential, which the history would keep: write {"$secret": NAME}, with NAME under "secrets" in jobrelay.yaml',
  );
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
