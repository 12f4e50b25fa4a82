import type { Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { DefinitionPlan, PipelinePlan, StepPlan, Template } from '../workflows/plan.js';
import { MAX_APPROVALS } from './approval.js';
import { bodyPath } from './body-path.js';
import { MAX_ITEMS } from './compile-step.js';
import { dependenciesOf, type Known } from './dependencies.js';
import { forecastNested, type NestedForecast } from './dry-run-nested.js';
import type { Bindings, ExpressionEngine } from './expression-engine.js';
import { isObject } from './plain-json.js';
import type { Problem } from './problems.js';
import { itemsOf, whyNoInput } from './step-values.js';
import { expressionIn, expressionsIn, fillTemplate, type TemplateExpression } from './template.js';
import { isTruthy } from './truth.js';

/** What can be said of a step before anything runs. */
export interface StepForecast {
  readonly name: string;
  /** `skipped`: its `when` is false. `fails`: one of its expressions does, with this input. */
  readonly fate: 'runs' | 'skipped' | 'fails';
  /** What its `when` depends on, where that is not known: it may be skipped yet. */
  readonly dependsOn: readonly string[];
  /** Items of a `forEach`; absent where there is none. */
  readonly items?: number | 'unknown';
  /**
   * The input of each job, or each value; one for all where the items are not known. What is not known is a leaf
   * `{"$dependsOn": ["$steps.draw"]}`.
   */
  readonly bodies: readonly JsonValue[];
  /** Of a nested pipeline that runs. */
  readonly nested?: readonly NestedForecast[];
}

export interface Forecast {
  /** In the order of the definition. */
  readonly steps: readonly StepForecast[];
  /** The output of the run, with such leaves. Absent where the definition has none. */
  readonly output?: JsonValue;
  /** What fails with this input, with paths into the definition. */
  readonly failures: readonly Problem[];
}

/** Rows of one call of the engine, so that the values of a large `forEach` do not all pass between processes at once. */
const ROWS_AT_ONCE = 100;
const DEPENDS_ON = '$dependsOn';
/** Values are in stored form, and nothing is loaded: what is handed on is known before the run, and what is read is not. */
const NOTHING_LOADED = { ahead: 1, contents: new Map(), maxBytes: Number.MAX_SAFE_INTEGER };
const STORED_VALUE = 'a stored value';

/**
 * Evaluates the expressions of a plan as far as that goes before anything runs: the outputs of jobs are not known, nor is
 * `$run`, the time or what is drawn by lot. Without an input, what reads it is not known either.
 */
export async function dryRun(
  plan: Pick<PipelinePlan, 'steps' | 'output'>,
  input: JsonValue | undefined,
  engine: ExpressionEngine,
): Promise<Forecast> {
  const run = new DryRun(input, engine);
  const forecasts = new Map<string, StepForecast>();
  for (const step of inOrder(plan.steps)) forecasts.set(step.name, await run.forecast(step));
  const output = plan.output === undefined ? undefined : await run.output(plan.output);
  return {
    steps: plan.steps.flatMap(({ name }) => forecasts.get(name) ?? []),
    ...(output !== undefined && { output }),
    failures: run.failures,
  };
}

/** Each step behind those it waits for. */
function inOrder(steps: readonly StepPlan[]): readonly StepPlan[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const ordered = new Set<StepPlan>();
  const add = (step: StepPlan): void => {
    if (ordered.has(step)) return;
    for (const needed of step.needs) {
      const before = byName.get(needed);
      if (before !== undefined) add(before);
    }
    ordered.add(step);
  };
  for (const step of steps) add(step);
  return [...ordered];
}

/** The leaf that stands for a value that is not known yet. */
export function dependsOnOf(value: JsonValue): readonly string[] | undefined {
  if (!isObject(value) || Object.keys(value).length !== 1) return undefined;
  return Array.isArray(value[DEPENDS_ON]) ? value[DEPENDS_ON].map(String) : undefined;
}

/** An expression that fails, or makes what the step cannot take. */
class Failure extends Error {
  readonly path: Path;

  constructor(path: Path, message: string, row?: number) {
    super(row === undefined ? message : `${message} (item ${row})`);
    this.path = path;
  }
}

class DryRun {
  readonly failures: Problem[] = [];
  readonly #input: JsonValue | undefined;
  readonly #engine: ExpressionEngine;
  /** What expressions see of the steps of which that is known. */
  readonly #steps = new Map<string, JsonObject>();

  constructor(input: JsonValue | undefined, engine: ExpressionEngine) {
    this.#input = input;
    this.#engine = engine;
  }

  async forecast(step: StepPlan): Promise<StepForecast> {
    try {
      return await this.#forecast(step);
    } catch (error) {
      const message = this.#take(error);
      if (step.onError === 'continue') {
        this.#steps.set(step.name, { status: 'failed', output: null, error: { type: 'ExpressionFailed', message } });
      }
      return { name: step.name, fate: 'fails', dependsOn: [], bodies: [] };
    }
  }

  async output(template: Template): Promise<JsonValue> {
    try {
      const [value = null] = await this.#fill(template, ['output'], this.#known(), undefined, false);
      return value;
    } catch (error) {
      this.#take(error);
      return null;
    }
  }

  async #forecast(step: StepPlan): Promise<StepForecast> {
    const { name, needs, when, forEach } = step;
    const path: Path = ['steps', name];
    const known = this.#known(needs);
    const condition = when === undefined ? true : await this.#single(when, [...path, 'when'], known);
    const dependsOn = dependsOnOf(condition ?? null) ?? [];
    if (dependsOn.length === 0 && !isTruthy(condition)) {
      this.#steps.set(name, { status: 'skipped', output: null });
      return { name, fate: 'skipped', dependsOn, bodies: [] };
    }
    const items = forEach === undefined ? undefined : await this.#items(step, [...path, 'forEach'], known);
    const at = [...path, ...bodyPath(step)];
    const isInput = step.kind === 'job' || step.kind === 'pipeline';
    // A list that is written out has a length, also where what is in it is not known.
    const itemsKnown = items !== 'unknown' && !items?.some(holdsUnknown);
    const bodies = await this.#fill(step.body, at, { ...known, items: itemsKnown }, items, isInput);
    for (const [row, body] of isInput ? bodies.entries() : []) {
      const wrong = whyNoInput(body, step.nested !== undefined || step.job?.allowEmptyInput === true);
      if (wrong !== undefined) throw new Failure(at, wrong, items && row);
    }
    const within = await this.#within(step, bodies, items);
    if (dependsOn.length === 0) this.#remember(step, bodies, items);
    return {
      ...{ name, fate: 'runs', dependsOn, bodies },
      ...(items !== undefined && { items: countOf(items) }),
      ...(within !== undefined && { nested: within }),
    };
  }

  async #within(
    { name, nested }: StepPlan,
    bodies: readonly JsonValue[],
    items: Items | undefined,
  ): Promise<readonly NestedForecast[] | undefined> {
    if (nested === undefined) return undefined;
    const inputs = bodies.map((body) => (items === 'unknown' || holdsUnknown(body) ? undefined : body));
    const dry = (plan: DefinitionPlan, input: JsonValue | undefined) => dryRun(plan, input, this.#engine);
    const { forecasts, failures } = await forecastNested(nested, inputs, ['steps', name], dry);
    this.failures.push(...failures);
    return forecasts;
  }

  /** What later steps can know of this one. */
  #remember({ name, kind, forEach }: StepPlan, bodies: readonly JsonValue[], items: Items | undefined): void {
    const isEmpty = forEach !== undefined && bodies.length === 0;
    if (!isEmpty && (kind !== 'set' || items === 'unknown' || bodies.some(holdsUnknown))) return;
    const [first = null] = bodies;
    const output = forEach === undefined ? first : bodies;
    this.#steps.set(name, { status: 'completed', output });
  }

  async #items({ forEach = null, kind }: StepPlan, path: Path, known: Known): Promise<Items> {
    const value = await this.#single(forEach, path, known);
    if (dependsOnOf(value ?? null) !== undefined) return 'unknown';
    const items = itemsOf(value);
    const maxItems = kind === 'approval' ? MAX_APPROVALS : MAX_ITEMS;
    if (items.length > maxItems)
      throw new Failure(path, `yields ${items.length} items; at most ${maxItems} can be run`);
    return items;
  }

  /** A template whose value may be nothing. */
  async #single(template: Template, path: Path, known: Known): Promise<JsonValue | undefined> {
    if (typeof template === 'string' && expressionIn(template) !== undefined) {
      const [values = []] = await this.#evaluate(expressionsIn(template, path), known, undefined);
      return values[0];
    }
    const [value] = await this.#fill(template, path, known, undefined, false);
    return value;
  }

  /** The template once for each item; once where there are none, or they are not known. */
  async #fill(
    template: Template,
    path: Path,
    known: Known,
    items: Items | undefined,
    isInput: boolean,
  ): Promise<readonly JsonValue[]> {
    const places = expressionsIn(template, path);
    const rows = await this.#evaluate(places, known, items === 'unknown' ? undefined : items);
    return rows.map((values, row) => {
      let at = 0;
      return fillTemplate(template, () => {
        const value = values[at];
        const place = places[at]?.path ?? path;
        at += 1;
        if (value === undefined && isInput) throw new Failure(place, 'the expression yields nothing', items && row);
        return value ?? null;
      });
    });
  }

  /** The values of expressions, row by row; a leaf of its own for each that is not known. */
  async #evaluate(
    places: readonly TemplateExpression[],
    known: Known,
    items: readonly JsonValue[] | undefined,
  ): Promise<readonly (readonly (JsonValue | undefined)[])[]> {
    const unknown = places.map(({ source }) => dependenciesOf(source, known));
    const open = places.filter((_, at) => unknown[at]?.length === 0);
    const evaluated: (readonly (JsonValue | undefined)[])[] = [];
    const count = items?.length ?? 1;
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      const each = items?.slice(from, from + ROWS_AT_ONCE).map((item, at) => ({ item, index: from + at }));
      evaluated.push(...(await this.#evaluateRows(open, each, from)));
    }
    return evaluated.map((values) => {
      const rest = values.values();
      return unknown.map((names) => (names.length === 0 ? rest.next().value : { [DEPENDS_ON]: names }));
    });
  }

  async #evaluateRows(
    places: readonly TemplateExpression[],
    each: readonly Bindings[] | undefined,
    from: number,
  ): Promise<readonly (readonly (JsonValue | undefined)[])[]> {
    const rows = each ?? [{}];
    if (places.length === 0) return rows.map(() => []);
    const { values, failure, needs } = await this.#engine.evaluateBatch({
      expressions: places.map(({ source }) => source),
      bindings: { input: this.#input ?? null, steps: Object.fromEntries(this.#steps) },
      ...(each !== undefined && { each }),
      stored: NOTHING_LOADED,
    });
    if (needs !== undefined) return await this.#evaluateApart(places, each, from);
    if (failure !== undefined) {
      const at = failure.at ?? 0;
      const row = each && from + Math.floor(at / places.length);
      throw new Failure(places[at % places.length]?.path ?? [], failure.message, row);
    }
    return rows.map((_, row) => values.slice(row * places.length, (row + 1) * places.length));
  }

  /** Where some of them read what is stored: these are not known. */
  async #evaluateApart(
    places: readonly TemplateExpression[],
    each: readonly Bindings[] | undefined,
    from: number,
  ): Promise<readonly (readonly (JsonValue | undefined)[])[]> {
    const rows = each ?? [{}];
    if (places.length === 1) return rows.map(() => [{ [DEPENDS_ON]: [STORED_VALUE] }]);
    const columns: (readonly (readonly (JsonValue | undefined)[])[])[] = [];
    for (const place of places) columns.push(await this.#evaluateRows([place], each, from));
    return rows.map((_, row) => columns.map((column) => column[row]?.[0]));
  }

  /** `needs`: the steps that an expression can read without naming them; all of them where it is absent. */
  #known(needs?: readonly string[]): Known {
    return { input: this.#input !== undefined, steps: this.#steps, items: true, ...(needs && { needs }) };
  }

  #take(error: unknown): string {
    if (!(error instanceof Failure)) throw error;
    this.failures.push({ path: error.path, message: error.message });
    return error.message;
  }
}

type Items = readonly JsonValue[] | 'unknown';

function countOf(items: Items): number | 'unknown' {
  return items === 'unknown' ? items : items.length;
}

function holdsUnknown(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object') return false;
  return dependsOnOf(value) !== undefined || Object.values(value).some(holdsUnknown);
}
