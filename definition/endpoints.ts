import {
  type Config,
  type Path,
  resolveEndpoints,
  type Settings,
  type SettingsLayer,
  settingsFor,
  UnknownEndpoint,
} from '../config/index.js';
import type { JsonObject } from '../job-api/json.js';
import type { JobSettings, Target } from '../workflows/plan.js';
import { compileSchema } from './input-schema.js';
import type { Problem } from './problems.js';

/** What a definition needs to know of the endpoints that it names. */
export interface EndpointDirectory {
  /** Throws `UnknownEndpoint`. */
  resolve(name: string): readonly Target[];
  settings(names: readonly string[], ...layers: readonly SettingsLayer[]): Settings;
  /** The schema of the first alias that has one. */
  outputSchema(names: readonly string[]): JsonObject | undefined;
  /** Whether each of them takes a job with the input `{}`. */
  allowsEmptyInput(names: readonly string[]): boolean;
  /** Whether it is known what its jobs cost. */
  hasPrice(name: string): boolean;
  /** Environment variables that an input may name. */
  readonly secrets: readonly string[];
}

export function endpointsOf(config: Config): EndpointDirectory {
  const alias = (name: string) => (Object.hasOwn(config.endpoints, name) ? config.endpoints[name] : undefined);
  return {
    resolve: (name) => resolveEndpoints(config, name),
    settings: (names, ...layers) => settingsFor(config, names, ...layers),
    outputSchema: (names) => names.map((name) => alias(name)?.outputSchema).find((schema) => schema !== undefined),
    allowsEmptyInput: (names) => names.every((name) => alias(name)?.allowEmptyInput === true),
    hasPrice: (name) => alias(name)?.price !== undefined,
    secrets: config.secrets,
  };
}

/** The options of a job as an author gives them, in a step or to the workflow `job`. */
export interface GivenJobOptions extends SettingsLayer {
  readonly lowPriority?: boolean | undefined;
  readonly s3Config?: JsonObject | undefined;
  readonly model?: string | undefined;
  readonly outputSchema?: JsonObject | undefined;
}

/** Settles everything about a job but its input. The paths of the problems are indexes into `names`. */
export function jobSettings(
  names: readonly string[],
  given: GivenJobOptions,
  defaults: SettingsLayer,
  endpoints: EndpointDirectory,
): { readonly settings: JobSettings; readonly unknown: readonly Problem[] } {
  const unknown: Problem[] = [];
  const targets = names.flatMap((name, index) => {
    try {
      return endpoints.resolve(name);
    } catch (error) {
      if (!(error instanceof UnknownEndpoint)) throw error;
      unknown.push({ path: [index], message: error.message });
      return [];
    }
  });
  const { lowPriority, s3Config, model, outputSchema = endpoints.outputSchema(names), ...layer } = given;
  const settings: JobSettings = {
    targets: model === undefined ? targets : targets.map((target) => ({ ...target, model })),
    ...endpoints.settings(names, layer, defaults),
    ...(lowPriority !== undefined && { lowPriority }),
    ...(s3Config !== undefined && { s3Config }),
    ...(outputSchema !== undefined && { outputSchema }),
    ...(endpoints.allowsEmptyInput(names) && { allowEmptyInput: true }),
  };
  return { settings, unknown };
}

/**
 * What is wrong with the schema that outputs are checked against, the job's own or that of its alias. Found before
 * anything is submitted: no output could meet it, and each job would be paid for.
 */
export function problemsOfOutputSchema(
  own: JsonObject | undefined,
  { outputSchema }: Pick<JobSettings, 'outputSchema'>,
  path: Path,
): readonly Problem[] {
  const schema = outputSchema === undefined ? undefined : compileOutputSchema(outputSchema);
  if (schema?.ok !== false) return [];
  return own === undefined
    ? [{ path: [...path, 'endpoint'], message: `the outputSchema of its alias in jobrelay.yaml ${schema.message}` }]
    : [{ path: [...path, 'outputSchema'], message: schema.message }];
}

function compileOutputSchema(schema: JsonObject): ReturnType<typeof compileSchema> {
  if (!Object.hasOwn(schema, '$artifact')) return compileSchema(schema);
  return {
    ok: false,
    message: 'is not a JSON Schema: "$artifact" is none of its keywords, and stands for a stored one',
  };
}
