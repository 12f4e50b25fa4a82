import { Ajv, type ValidateFunction } from 'ajv';
import type { JsonObject, JsonValue } from '../job-api/json.js';

const ajv = new Ajv({ strict: false, allErrors: false });
const compiled = new Map<string, ValidateFunction>();
/** Schemas come from definitions, of which a worker sees few; a caller that makes up one for each run must not fill the memory. */
const COMPILED_MAX = 200;

/**
 * Checks what a completed job returned. RunPod loses outputs (over about 20 MB, or a result that could not be posted) and
 * says COMPLETED all the same, so a missing one is an error.
 *
 * @returns why it is rejected, or undefined
 */
export function checkOutput(output: JsonValue | undefined, schema: JsonObject | undefined): string | undefined {
  if (output === undefined) return 'its output is missing';
  if (schema === undefined) return undefined;
  const validate = compile(schema);
  if (validate(output)) return undefined;
  const [error] = validate.errors ?? [];
  return `its output${error?.instancePath ?? ''} ${error?.message ?? 'fails its schema'}`;
}

function compile(schema: JsonObject): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known) return known;
  if (compiled.size >= COMPILED_MAX) {
    compiled.clear();
    ajv.removeSchema();
  }
  const validate = ajv.compile(schema);
  compiled.set(key, validate);
  return validate;
}
