import type { Config } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { PipelinePlan } from '../workflows/plan.js';
import { problemsOfReferences } from './artifact-references.js';
import { warningsOfBudget } from './budget.js';
import { type DefinitionFile, type LocatedProblem, locateProblems } from './check-source.js';
import { compilePipeline } from './compile.js';
import { compileDefinition } from './compile-definition.js';
import { dryRun, type Forecast } from './dry-run.js';
import { endpointsOf } from './endpoints.js';
import { type Estimate, estimate } from './estimate.js';
import type { ExpressionEngine } from './expression-engine.js';
import { nestingIn } from './nesting.js';
import { readLibrary } from './pipeline-library.js';
import { isObject } from './plain-json.js';
import { DefinitionError } from './problems.js';
import { warningsOf } from './warnings.js';

/** What can be said of a definition before anything starts. */
export interface Inspection {
  readonly plan: Pick<PipelinePlan, 'name' | 'steps' | 'output' | 'budget'>;
  /** What runs, and is probably not what was meant. */
  readonly warnings: readonly LocatedProblem[];
  /** Expressions that fail with this input. */
  readonly failures: readonly LocatedProblem[];
  readonly forecast: Forecast;
  readonly estimate: Estimate;
}

/**
 * Looks at a definition with an input, or with one that is not known. One that gives itself no name has that of its file
 * in the folder of pipelines, where it was read by that. Throws `DefinitionError` with all problems of the
 * definition or of the input.
 */
export async function inspectDefinition(
  { definition, source, name }: DefinitionFile & { readonly name?: string },
  input: JsonValue | undefined,
  { config, engine }: { readonly config: Config; readonly engine: ExpressionEngine },
): Promise<Inspection> {
  const wrong = input === undefined ? [] : problemsOfReferences(input, ['input']);
  if (wrong.length > 0) throw new DefinitionError('InputRejected', wrong);
  const library = await readLibrary(definition, config);
  const within = name === undefined ? [] : [name];
  const compiled =
    input === undefined
      ? compileDefinition(definition, endpointsOf(config), nestingIn(library, within)).plan
      : compilePipeline({ definition, input }, config, library, within);
  const plan = name === undefined || compiled.name !== undefined ? compiled : { ...compiled, name };
  const forecast = await dryRun(plan, input, engine);
  const jobs = estimate(plan.steps, forecast.steps);
  const warnings = [...warningsOf(plan, schemaIn(definition)), ...warningsOfBudget(plan.budget ?? {}, jobs)];
  return {
    plan,
    warnings: locateProblems(warnings, source),
    failures: locateProblems(forecast.failures, source),
    forecast,
    estimate: jobs,
  };
}

function schemaIn({ input }: JsonObject): JsonObject | undefined {
  return isObject(input) ? input : undefined;
}
