/** What `intake` does with the input of a run: checks all of it, and decides everything that can be decided. */
import { type Config, checkShape } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { JobPlan, PipelinePlan } from '../workflows/plan.js';
import { problemsOfJobPrices, problemsOfPrices } from './budget.js';
import { checkStored } from './check-stored.js';
import { compileDefinition } from './compile-definition.js';
import { EMPTY_INPUT, givenOptions } from './compile-step.js';
import { endpointsOf, jobSettings, problemsOfOutputSchema } from './endpoints.js';
import { problemsOfHedge } from './hedge.js';
import { compileSchema } from './input-schema.js';
import { nestingIn } from './nesting.js';
import { NO_LIBRARY, type PipelineLibrary } from './pipeline-library.js';
import { isObject, kindOf, problemsOfJson } from './plain-json.js';
import { problemsOfSize } from './plan-size.js';
import { DefinitionError, type DefinitionErrorType, type Problem } from './problems.js';
import { jobInputSchema, pipelineInputSchema } from './schema.js';
import { problemsOfS3Config, problemsOfSecrets } from './secrets.js';

/**
 * The plan of a pipeline, with its input as it came. Takes anything at all.
 *
 * @param library what the names in its steps stand for
 * @param within the name of the definition itself, where it was found by one
 * @param stored its input in stored form, see {@link checkInput}
 * @throws DefinitionError with every problem: `InvalidRequest` (not the shape of a pipeline's input), `DefinitionInvalid`,
 * or `InputRejected` (the input is not an object, or fails the definition's schema)
 */
export function compilePipeline(
  given: unknown,
  config: Config,
  library: PipelineLibrary = NO_LIBRARY,
  within: readonly string[] = [],
  stored?: JsonValue,
): PipelinePlan {
  if (!isObject(given)) {
    const message = `a pipeline takes an object {"definition": …, "input": …}, not ${kindOf(given)}`;
    throw new DefinitionError('InvalidRequest', [{ path: [], message }]);
  }
  const shape = checkShape(pipelineInputSchema, given);
  if (!('value' in shape)) throw new DefinitionError('InvalidRequest', shape.problems);

  const { definition, input = {}, tenant, budget: own } = shape.value;
  const endpoints = endpointsOf(config);
  const { plan, inputSchema } = compileDefinition(definition, endpoints, nestingIn(library, within));
  refuse('InvalidRequest', problemsOfPrices(own ?? {}, plan.steps, endpoints));
  checkInput(input, inputSchema, config, stored);
  const budget = own === undefined ? plan.budget : { ...plan.budget, ...own };
  return { ...plan, ...(tenant !== undefined && { tenant }), ...(budget !== undefined && { budget }), input };
}

/**
 * Checks what a pipeline is given, with all its parts in place, against the schema of its definition.
 *
 * @param stored the same with its text and JSON in place and its keys still escaped: what is a secret there will be
 * filled in, and anything else that looks like one is data, such as what a provider sent. Absent: the input is in stored form
 * itself, and of what is behind a reference nothing can be said
 * @throws DefinitionError `InputRejected`
 */
export function checkInput(
  input: JsonValue,
  schema: JsonObject | undefined,
  config: Pick<Config, 'secrets'>,
  stored?: JsonValue,
): void {
  refuse('InputRejected', problemsOfJson(input, ['input']));
  if (!isObject(input)) {
    throw new DefinitionError('InputRejected', [
      { path: ['input'], message: `must be an object, not ${kindOf(input)}` },
    ]);
  }
  const compiled = schema === undefined ? undefined : compileSchema(schema);
  const check = compiled?.ok ? compiled.check : () => [];
  const wrong = stored === undefined ? checkStored(check, input) : check(input);
  refuse('InputRejected', [
    // It was one when the definition was checked: a schema that took too long then may take too long now.
    ...(compiled?.ok === false
      ? [{ path: ['input'], message: `cannot be checked: its schema ${compiled.message}` }]
      : []),
    ...wrong.map(({ path, message }) => ({ path: ['input', ...path], message })),
    ...problemsOfSecrets(stored ?? input, config.secrets, ['input']),
  ]);
}

/**
 * The plan of a single job, with its input as it came. Takes anything at all.
 *
 * @param stored its input in stored form, see {@link checkInput}
 * @throws DefinitionError with every problem: `InvalidRequest` (not the shape of a job's input), `EndpointNotFound` (not
 * in the configuration), or `InputRejected` (empty, or a secret that may not be used)
 */
export function compileJob(given: unknown, config: Config, stored?: JsonValue): JobPlan {
  if (!isObject(given)) {
    const message = `a job takes an object {"endpoint": …, "input": …}, not ${kindOf(given)}`;
    throw new DefinitionError('InvalidRequest', [{ path: [], message }]);
  }
  refuse('InvalidRequest', problemsOfJson(given));
  const shape = checkShape(jobInputSchema, given);
  if (!('value' in shape)) throw new DefinitionError('InvalidRequest', shape.problems);

  const { endpoint, input, tenant, budget, ...options } = shape.value;
  const { s3Config, outputSchema } = options;
  refuse('InvalidRequest', [
    ...problemsOfSize('the options beside the input are', options),
    ...problemsOfS3Config(s3Config, config.secrets, ['s3Config']),
  ]);
  const names = typeof endpoint === 'string' ? [endpoint] : endpoint;
  const { settings, unknown } = jobSettings(names, givenOptions(options), {}, endpointsOf(config));
  refuse(
    'EndpointNotFound',
    unknown.map(({ path, message }) => ({
      path: ['endpoint', ...(typeof endpoint === 'string' ? [] : path)],
      message,
    })),
  );
  refuse('InvalidRequest', [
    ...problemsOfOutputSchema(outputSchema, settings, []),
    ...problemsOfHedge(settings, options),
    ...problemsOfJobPrices(budget ?? {}, settings.targets, endpointsOf(config)),
  ]);
  const empty = Object.keys(input).length === 0 && settings.allowEmptyInput !== true;
  refuse('InputRejected', [
    ...(empty ? [{ path: ['input'], message: EMPTY_INPUT }] : []),
    ...problemsOfSecrets(stored ?? input, config.secrets, ['input']),
  ]);
  return {
    v: 1,
    ...(tenant !== undefined && { tenant }),
    ...(budget !== undefined && { budget }),
    settings,
    input,
  };
}

function refuse(type: DefinitionErrorType, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new DefinitionError(type, problems);
}
