import { ArtifactError } from '../artifacts/index.js';
import { formatPath, type Path } from '../config/index.js';
import type { BatchResult } from '../definition/expression-engine.js';
import {
  type Bindings,
  type ExpressionEngine,
  expressionsIn,
  fillTemplate,
  isTruthy,
  itemsOf,
  MAX_ITEMS,
  parseExpression,
  type References,
  whyNoInput,
} from '../definition/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { Template } from '../workflows/plan.js';
import type { EvaluateOutcome, EvaluateTask } from './contract.js';
import { SLICE_ITEMS } from './slice-items.js';
import type { VisibleValues } from './visible-values.js';

/** What fits the memory of the process that evaluates a few times over, and more than any provider returns. */
const MAX_LOADED_BYTES = 32 * 1024 * 1024;

/** The values of a task as they were evaluated, not yet stored. */
export type TaskValues =
  | Exclude<EvaluateOutcome, { readonly kind: 'many' }>
  /** One long value that is in stored form as it is, as JSON text. */
  | { readonly kind: 'text'; readonly json: string }
  /** The items of a `forEach` that is worked off in slices: their inputs are made there. */
  | { readonly kind: 'items'; readonly items: readonly JsonValue[] };

/** Items of a task that were made before. */
export interface GivenItems {
  readonly items: readonly JsonValue[];
  /** The `$index` of the first. */
  readonly from: number;
}

export interface EvaluateTools {
  readonly engine: ExpressionEngine;
  /** For all expressions of the task together. */
  readonly budgetMs: number;
}

/** One step to prepare: its `when`, its `forEach`, and then its body for each item. Rejects only where the engine is broken. */
export async function evaluateTask(
  task: EvaluateTask,
  visible: VisibleValues,
  tools: EvaluateTools,
  given?: GivenItems,
): Promise<{ readonly result: TaskValues; readonly ranMs: number }> {
  const evaluation = new TaskEvaluation(task, visible, tools, given);
  try {
    return { result: await evaluation.outcome(), ranMs: evaluation.ranMs };
  } catch (error) {
    const failure = failureOf(error, task);
    return { result: { kind: 'failed', ...failure }, ranMs: evaluation.ranMs };
  }
}

/** Ends the evaluation of a task. */
class TaskFailed extends Error {
  readonly type: 'ExpressionFailed' | 'ValueTooLarge';

  constructor(type: TaskFailed['type'], message: string) {
    super(message);
    this.type = type;
  }
}

function failureOf(error: unknown, task: EvaluateTask): Pick<TaskFailed, 'type' | 'message'> {
  if (error instanceof TaskFailed) return { type: error.type, message: error.message };
  if (!(error instanceof ArtifactError)) throw error;
  const type = error.code === 'ValueTooLarge' ? error.code : 'ExpressionFailed';
  return { type, message: `${placeOf(task)}: ${error.message}` };
}

function placeOf({ name, kind }: EvaluateTask, path?: Path): string {
  const isOutput = kind === 'value' && name === 'output';
  if (isOutput) return formatPath(path ?? ['output']);
  return path === undefined ? `step "${name}"` : `step "${name}", ${formatPath(path)}`;
}

class TaskEvaluation {
  readonly #task: EvaluateTask;
  readonly #visible: VisibleValues;
  readonly #tools: EvaluateTools;
  readonly #given: GivenItems | undefined;
  ranMs = 0;

  constructor(task: EvaluateTask, visible: VisibleValues, tools: EvaluateTools, given: GivenItems | undefined) {
    this.#task = task;
    this.#visible = visible;
    this.#tools = tools;
    this.#given = given;
  }

  async outcome(): Promise<TaskValues> {
    const { when, forEach, kind } = this.#task;
    if (this.#given !== undefined) return await this.#each(this.#given);
    if (when !== undefined && !isTruthy(await this.#single(when, 'when'))) return { kind: 'skipped' };
    if (forEach === undefined) return await this.#one();
    const items = itemsOf(await this.#single(forEach, 'forEach'));
    const { maxItems = MAX_ITEMS, itemsHere = SLICE_ITEMS } = this.#task;
    if (items.length > maxItems) {
      throw this.#failed(['forEach'], `yields ${items.length} items; at most ${maxItems} can be run`, 'ValueTooLarge');
    }
    if (kind === 'input' && items.length > Math.min(itemsHere, SLICE_ITEMS)) return { kind: 'items', items };
    return await this.#each({ items, from: 0 });
  }

  async #one(): Promise<TaskValues> {
    const { kind, body } = this.#task;
    const isExpression = typeof body === 'string' && expressionsIn(body).length > 0;
    if (kind === 'input' || !isExpression) {
      const [value = null] = await this.#bodies(body, undefined);
      return { kind: 'one', value };
    }
    const { texts, values } = await this.#expressions(body, this.#field, undefined);
    return texts[0]?.isPlain ? { kind: 'text', json: texts[0].json } : { kind: 'one', value: values[0] ?? null };
  }

  async #each({ items, from }: GivenItems): Promise<TaskValues> {
    const rows = items.map((item, index) => ({ item, index: from + index }));
    return { kind: 'each', values: rows.length === 0 ? [] : await this.#bodies(this.#task.body, rows) };
  }

  /** The value of a template, `undefined` where it is an expression that yields nothing. */
  async #single(template: Template, field: string): Promise<JsonValue | undefined> {
    const { values } = await this.#expressions(template, [field], undefined);
    const isExpression = typeof template === 'string' && values.length > 0;
    if (isExpression) return values[0];
    const rest = values.values();
    return fillTemplate(template, () => rest.next().value ?? null);
  }

  async #bodies(body: Template, rows: readonly Bindings[] | undefined): Promise<readonly JsonValue[]> {
    const isInput = this.#task.kind === 'input';
    const field = this.#field;
    const places = expressionsIn(body, field);
    const values = (await this.#expressions(body, field, rows)).values.values();
    return (rows ?? [undefined]).map((_, row) => {
      const place = places.values();
      const filled = fillTemplate(body, () => {
        const path = place.next().value?.path ?? field;
        const value = values.next().value;
        if (value === undefined && isInput)
          throw this.#failed(path, 'the expression yields nothing', undefined, rows && row);
        return value ?? null;
      });
      if (isInput) this.#checkInput(filled, rows && row);
      return filled;
    });
  }

  /** Where the body stands. */
  get #field(): Path {
    const { kind, name, place } = this.#task;
    return place ?? [kind === 'input' ? 'input' : name === 'output' ? 'output' : 'set'];
  }

  #checkInput(input: JsonValue, row: number | undefined): void {
    const wrong = whyNoInput(input, this.#task.allowEmptyInput === true);
    if (wrong !== undefined) throw this.#failed(['input'], wrong, undefined, row);
  }

  /** The values of all expressions of a template, row by row. */
  async #expressions(
    template: Template,
    field: Path,
    rows: readonly Bindings[] | undefined,
  ): Promise<Pick<BatchResult, 'texts' | 'values'>> {
    const expressions = expressionsIn(template, field);
    if (expressions.length === 0) return { texts: [], values: [] };
    const references = expressions.flatMap(({ source }) => {
      const parsed = parseExpression(source);
      return parsed.ok ? [parsed.references] : [];
    });
    const sources = expressions.map(({ source }) => source);
    const result = await this.#loadingWhatIsRead(sources, references, field, rows);
    const { failure } = result;
    if (failure === undefined) return result;
    const at = failure.at ?? 0;
    const path = failure.at === undefined ? field : (expressions[at % expressions.length]?.path ?? field);
    const row = rows === undefined || failure.at === undefined ? undefined : Math.floor(at / expressions.length);
    throw this.#failed(path, failure.message, failure.isTooLarge ? 'ValueTooLarge' : undefined, row);
  }

  /** Evaluates again with what turned out to be read, until nothing more is. */
  async #loadingWhatIsRead(
    expressions: readonly string[],
    references: readonly References[],
    field: Path,
    rows: readonly Bindings[] | undefined,
  ): Promise<BatchResult> {
    const bindings = {
      ...this.#visible.bindingsFor(references),
      ...(this.#task.error && { error: { ...this.#task.error } }),
    };
    const each = rows && this.#visible.rowsFor(rows);
    const contents = new Map<string, Uint8Array>();
    // Of a list whose items are read one by one, twice as many each time.
    for (let ahead = 1; ; ahead *= 2) {
      const budgetMs = this.#tools.budgetMs - this.ranMs;
      if (budgetMs <= 0)
        throw this.#failed(field, 'was not evaluated: the expressions before it took all the time there is');
      const result = await this.#tools.engine.evaluateBatch({
        expressions,
        bindings,
        ...(each !== undefined && { each }),
        budgetMs,
        stored: { ahead, contents, maxBytes: MAX_LOADED_BYTES },
      });
      this.ranMs += result.ranMs;
      if (result.needs === undefined) return result;
      const missing = result.needs.filter((sha256) => !contents.has(sha256));
      if (missing.length === 0) throw new Error('the expressions asked for what they had been given');
      const loaded = await this.#visible.load(missing);
      for (const [at, bytes] of loaded.entries()) contents.set(missing[at] ?? '', bytes);
    }
  }

  #failed(path: Path, what: string, type: TaskFailed['type'] = 'ExpressionFailed', row?: number): TaskFailed {
    const item = row === undefined ? '' : ` (item ${row + (this.#given?.from ?? 0)})`;
    return new TaskFailed(type, `${placeOf(this.#task, path)}${item}: ${what}`);
  }
}
