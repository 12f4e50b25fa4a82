import { formatPath } from '../config/index.js';
import { compileSchema } from '../definition/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';

/**
 * Checks what a completed job returned. RunPod loses outputs (over about 20 MB, or a result that could not be posted) and
 * says COMPLETED all the same, so a missing one is an error.
 *
 * @returns why it is rejected, or undefined
 */
export function checkOutput(output: JsonValue | undefined, schema: JsonObject | undefined): string | undefined {
  if (output === undefined) return 'its output is missing';
  if (schema === undefined) return undefined;
  const compiled = compileSchema(schema);
  if (!compiled.ok) return `its outputSchema ${compiled.message}`;
  const [problem] = compiled.check(output);
  return problem && `${formatPath(['output', ...problem.path])} ${problem.message}`;
}
