import { checkShape, type Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { DefinitionPlan, StepPlan } from '../workflows/plan.js';
import { problemsOfPrices } from './budget.js';
import { compileStep } from './compile-step.js';
import { findCycle } from './cycle.js';
import type { EndpointDirectory } from './endpoints.js';
import { compileSchema, type SchemaCheck } from './input-schema.js';
import { type Nesting, nestingIn } from './nesting.js';
import { problemsOfJson } from './plain-json.js';
import { problemsOfSize } from './plan-size.js';
import { DefinitionError, type Problem } from './problems.js';
import { type Definition, definitionSchema } from './schema.js';
import { soundPart } from './sound-part.js';
import { readSteps, type Surroundings } from './step-references.js';
import { expressionsIn, problemsInTemplate } from './template.js';
import { withFormulas } from './with-formulas.js';

/** At about 12 events a job, what one history holds well. */
const MAX_STEPS = 200;
/** A few files that each name the next twice would otherwise come to a run without end. */
const MAX_STEPS_IN_ALL = 2_000;

/** A definition that can run, still without an input. */
export interface CompiledDefinition {
  readonly plan: DefinitionPlan;
  readonly inputSchema?: JsonObject;
  /** Checks an input against the definition's schema; passes everything where it has none. */
  readonly checkInput: SchemaCheck;
  /** Its steps and those of the pipelines within. */
  readonly steps: number;
  /** Pipelines within one another: 0 where there is none within this one. */
  readonly height: number;
}

/** Checks a definition and makes a plan of it. Throws {@link DefinitionError} `DefinitionInvalid` with all problems. */
export function compileDefinition(
  definition: unknown,
  endpoints: EndpointDirectory,
  nesting: Nesting = nestingIn(),
): CompiledDefinition {
  refuse([...problemsOfJson(definition), ...problemsOfNames(definition)]);
  refuse(problemsOfSize('the definition is', definition));
  const shape = checkShape(definitionSchema, definition);
  if (!('value' in shape)) {
    const sound = soundPart(definition, shape.problems);
    const beside = sound && judge(sound.definition, sound.stepNames, endpoints, nesting).problems;
    throw new DefinitionError('DefinitionInvalid', [...shape.problems, ...(beside ?? [])]);
  }
  const { name, input: schema, output, budget } = shape.value;
  const { steps, inputSchema, stepsInAll, height, problems } = judge(
    shape.value,
    Object.keys(shape.value.steps),
    endpoints,
    nesting,
  );
  refuse(problems);
  return {
    plan: withFormulas({
      ...(name !== undefined && { name }),
      ...(budget !== undefined && { budget }),
      steps,
      ...(output !== undefined && { output }),
    }),
    ...(schema !== undefined && { inputSchema: schema }),
    checkInput: inputSchema?.ok ? inputSchema.check : () => [],
    steps: stepsInAll,
    height,
  };
}

/**
 * What needs more than the shape of a field to be judged.
 *
 * @param stepNames of all steps, also of those whose shape kept them out of `definition`
 */
function judge(
  { input: schema, defaults = {}, steps: given, output, budget = {} }: Definition,
  stepNames: readonly string[],
  endpoints: EndpointDirectory,
  nesting: Nesting,
) {
  const inputFields = closedFields(schema);
  const surroundings = { stepNames, ...(inputFields !== undefined && { inputFields }) };
  const compile = (inner: unknown, within: Nesting) => compileDefinition(inner, endpoints, within);
  const compiled = Object.entries(given).map(([stepName, step]) =>
    compileStep(stepName, step, { surroundings, endpoints, defaults, nesting, compile }),
  );
  const steps = compiled.map(({ plan }) => plan);
  const stepsInAll = compiled.reduce((sum, { nested }) => sum + nested.steps, stepNames.length);
  const inputSchema = schema === undefined ? undefined : compileSchema(schema);
  return {
    steps,
    inputSchema,
    stepsInAll,
    height: Math.max(0, ...compiled.map(({ nested }) => nested.height)),
    problems: [
      ...(inputSchema?.ok === false ? [{ path: ['input'], message: inputSchema.message }] : []),
      ...problemsOfCount(stepNames.length, stepsInAll),
      ...compiled.flatMap(({ problems }) => problems),
      ...problemsOfOrder(steps),
      ...problemsOfPrices(budget, steps, endpoints),
      ...(output === undefined ? [] : problemsOfOutput(output, surroundings)),
    ],
  };
}

function problemsOfCount(steps: number, inAll: number): readonly Problem[] {
  const path = ['steps'];
  if (steps === 0) return [{ path, message: 'there is no step' }];
  if (steps > MAX_STEPS) return [{ path, message: `there are ${steps} steps; at most ${MAX_STEPS} are taken` }];
  if (inAll <= MAX_STEPS_IN_ALL) return [];
  const most = `at most ${MAX_STEPS_IN_ALL} are taken`;
  return [{ path, message: `there are ${inAll} steps with those of the pipelines within; ${most}` }];
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new DefinitionError('DefinitionInvalid', problems);
}

/** The one name that the parser of shapes passes over in silence. */
function problemsOfNames(definition: unknown): readonly Problem[] {
  const { steps } = (definition ?? {}) as { readonly steps?: unknown };
  const hidden = typeof steps === 'object' && steps !== null && Object.hasOwn(steps, '__proto__');
  return hidden ? [{ path: ['steps', '__proto__'], message: 'this name cannot be used' }] : [];
}

function problemsOfOrder(steps: readonly StepPlan[]): readonly Problem[] {
  const cycle = findCycle(new Map(steps.map(({ name, needs }) => [name, needs])));
  if (cycle === undefined) return [];
  return [{ path: ['steps', ...cycle.slice(0, 1)], message: `waits for itself: ${cycle.join(' -> ')}` }];
}

/** The output is evaluated when all steps have ended, so it may read them in any way. */
function problemsOfOutput(
  output: JsonValue,
  shared: Pick<Surroundings, 'stepNames' | 'inputFields'>,
): readonly Problem[] {
  const path: Path = ['output'];
  const surroundings = { ...shared, inForEach: false, computedAllowed: true };
  return [
    ...problemsInTemplate(output, path),
    ...expressionsIn(output, path).flatMap((expression) => readSteps(expression, surroundings).problems),
  ];
}

/** The fields of the input, where its schema names them and takes no others. */
function closedFields(schema: JsonObject | undefined): readonly string[] | undefined {
  const properties = schema?.properties;
  if (schema?.additionalProperties !== false || typeof properties !== 'object' || properties === null) return undefined;
  return schema.patternProperties === undefined ? Object.keys(properties) : undefined;
}
