import type { Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { PipelinePlan, StepPlan, Template } from '../workflows/plan.js';
import { bodyPath } from './body-path.js';
import { isListOfLists, readShape } from './expression-shape.js';
import { isObject } from './plain-json.js';
import { type Problem, quote } from './problems.js';
import { itemOf, listOf, objectOf, type Shape, shapeOfSchema, UNKNOWN } from './shape.js';
import { expressionIn, expressionsIn } from './template.js';
import { unreadApprovals } from './unread-approvals.js';

/**
 * Expressions that build a list without saying so: JSONata yields the bare item where there is one, and nothing where
 * there is none, so that the handler of a job gets another shape on a quiet day. Only what is certain to be a list of
 * several: behind a filter, or through one that a schema, a `forEach` or the definition itself says to be one. What only
 * asks whether there is anything (`when`), or takes one item as well as many (`forEach`, the functions), is left alone.
 *
 * And approvals that make nothing of a rejection.
 *
 * @param input the definition's schema of its input
 * @returns in the order of the steps, with paths into the definition
 */
export function warningsOf(plan: Pick<PipelinePlan, 'steps' | 'output'>, input?: JsonObject): readonly Problem[] {
  const shapes = new DefinitionShapes(plan.steps, input);
  return [
    ...plan.steps.flatMap((step) => warningsOfStep(step, shapes)),
    ...unreadApprovals(plan.steps),
    ...(plan.output === undefined ? [] : warningsOfValues(plan.output, ['output'], shapes.variables())),
  ];
}

const WRAP = 'write [ … ] around it for a list, or ( … )[0] for the first alone';
const LOOSE = `is the bare item where there is one, and nothing where there is none: ${WRAP}`;
const LOOSE_LISTS =
  'makes a list of lists, and where there is only one, that one is taken apart: write [] behind it, and nothing around it';

function warningsOfStep(step: StepPlan, shapes: DefinitionShapes): readonly Problem[] {
  const path: Path = ['steps', step.name];
  const { forEach = null } = step;
  const items = expressionsIn(forEach, [...path, 'forEach']).flatMap(({ path: at, source }) => {
    const { shape, looseLists } = readShape(source, shapes.variables());
    return looseLists || isListOfLists(shape) ? [{ path: at, message: LOOSE_LISTS }] : [];
  });
  return [
    ...items,
    ...warningsWithin(step, path),
    ...warningsOfValues(step.body, [...path, ...bodyPath(step)], shapes.variables(step)),
  ];
}

/** Those of a pipeline that has a file of its own are told where that is looked at. */
function warningsWithin({ nested }: StepPlan, path: Path): readonly Problem[] {
  if (nested?.pipeline.kind !== 'compiled' || nested.definition !== undefined) return [];
  const { plan, inputSchema } = nested.pipeline;
  return warningsOf(plan, inputSchema).map((problem) => ({ ...problem, path: [...path, 'pipeline', ...problem.path] }));
}

function warningsOfValues(template: Template, path: Path, variables: ReadonlyMap<string, Shape>): readonly Problem[] {
  return expressionsIn(template, path).flatMap(({ path: at, source }) => {
    const { shape, looseKeys, looseLists } = readShape(source, variables);
    return [
      ...(looseLists || isListOfLists(shape) ? [LOOSE_LISTS] : shape.kind === 'sequence' ? [LOOSE] : []),
      ...looseKeys.map((key) => `the value of ${quote(key)} ${LOOSE}`),
    ].map((message) => ({ path: at, message }));
  });
}

/** The shapes of what expressions of a definition can name. */
class DefinitionShapes {
  readonly #steps: ReadonlyMap<string, StepPlan>;
  readonly #outputs = new Map<string, Shape>();
  readonly #common: ReadonlyMap<string, Shape>;

  constructor(steps: readonly StepPlan[], input: JsonObject | undefined) {
    this.#steps = new Map(steps.map((step) => [step.name, step]));
    this.#common = new Map<string, Shape>([
      ['input', shapeOfSchema(input)],
      ['steps', { kind: 'object', field: (name) => this.#stepShape(name) }],
    ]);
  }

  /** Those in a step's body where one is given. */
  variables(step?: StepPlan): ReadonlyMap<string, Shape> {
    if (step?.forEach === undefined) return this.#common;
    return new Map([...this.#common, ['item', itemOf(shapeOfTemplate(step.forEach, this.#common))]]);
  }

  #stepShape(name: string): Shape {
    const step = this.#steps.get(name);
    if (step === undefined) return UNKNOWN;
    const fields = new Map([['output', this.#outputShape(step)]]);
    if (step.forEach !== undefined) fields.set('errors', listOf(UNKNOWN));
    return objectOf(fields);
  }

  #outputShape(step: StepPlan): Shape {
    const known = this.#outputs.get(step.name);
    if (known !== undefined) return known;
    const single = this.#resultShape(step);
    const shape = step.forEach === undefined ? single : listOf(single);
    this.#outputs.set(step.name, shape);
    return shape;
  }

  #resultShape(step: StepPlan): Shape {
    const { kind, body, job } = step;
    return kind === 'set' ? shapeOfTemplate(body, this.variables(step)) : shapeOfSchema(job?.outputSchema);
  }
}

function shapeOfTemplate(template: Template, variables: ReadonlyMap<string, Shape>): Shape {
  if (typeof template === 'string') {
    const source = expressionIn(template);
    return source === undefined ? UNKNOWN : readShape(source, variables).shape;
  }
  if (Array.isArray(template)) {
    const [first] = template as readonly JsonValue[];
    return listOf(first === undefined ? UNKNOWN : shapeOfTemplate(first, variables));
  }
  if (!isObject(template)) return UNKNOWN;
  return objectOf(new Map(Object.entries(template).map(([key, value]) => [key, shapeOfTemplate(value, variables)])));
}
