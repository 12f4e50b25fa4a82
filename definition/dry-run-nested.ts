/** What can be said of a nested pipeline before anything runs. */
import { formatPath, type Path } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { DefinitionPlan, NestedSettings } from '../workflows/plan.js';
import { checkStored } from './check-stored.js';
import type { Forecast } from './dry-run.js';
import { compileSchema } from './input-schema.js';
import { type Problem, quote } from './problems.js';

/** Runs of a nested pipeline of which the same is known. */
export interface NestedForecast {
  readonly times: number;
  readonly forecast: Forecast;
}

/** Items of a `forEach` that are looked at one by one; the others are counted, as if their inputs were not known. */
const LOOKED_AT = 20;

/**
 * @param inputs one for each run; `undefined` where it is not known
 * @param path of the step
 * @returns failures with paths into the definition in which the step stands
 */
export async function forecastNested(
  { pipeline, definition }: NestedSettings,
  inputs: readonly (JsonValue | undefined)[],
  path: Path,
  dryRun: (plan: DefinitionPlan, input: JsonValue | undefined) => Promise<Forecast>,
): Promise<{ readonly forecasts: readonly NestedForecast[]; readonly failures: readonly Problem[] }> {
  if (pipeline.kind === 'stored') return { forecasts: [], failures: [] };
  const { plan, inputSchema } = pipeline;
  const schema = inputSchema === undefined ? undefined : compileSchema(inputSchema);
  const forecasts: NestedForecast[] = [];
  const failures: Problem[] = [];
  const look = async (input: JsonValue | undefined, times: number, item: string) => {
    const rejected = input === undefined || schema?.ok !== true ? [] : checkStored(schema.check, input);
    failures.push(
      ...rejected.map((problem) => ({
        path: [...path, 'input', ...problem.path],
        message: `${problem.message}${item}`,
      })),
    );
    const forecast = await dryRun(plan, rejected.length > 0 ? undefined : input);
    forecasts.push({ times, forecast });
    for (const problem of forecast.failures) {
      failures.push(
        definition === undefined
          ? { path: [...path, 'pipeline', ...problem.path], message: `${problem.message}${item}` }
          : // Its path begins in another file.
            {
              path: [...path, 'pipeline'],
              message: `in ${quote(definition.name)}${item}, ${formatPath(problem.path)}: ${problem.message}`,
            },
      );
    }
  };
  const known = inputs.filter((input) => input !== undefined).slice(0, LOOKED_AT);
  for (const input of known) await look(input, 1, inputs.length > 1 ? ` (item ${inputs.indexOf(input)})` : '');
  const rest = inputs.length - known.length;
  if (rest > 0) await look(undefined, rest, '');
  return { forecasts, failures };
}
