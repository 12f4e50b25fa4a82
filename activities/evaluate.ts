import {
  ArtifactError,
  type ArtifactStore,
  externalize,
  rehydrate,
  storeJson,
  ValueTooLarge,
} from '../artifacts/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { EvaluateOutcome, EvaluateRequest, EvaluateResult, EvaluateTask } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { evaluateTask, type TaskValues } from './evaluate-task.js';
import { SLICE_ITEMS } from './slice-items.js';
import { storeWork } from './slice-work.js';
import { visibleValues } from './visible-values.js';

/** For all expressions of a call: an activity that is over its own 5 s fails every step it was asked about. */
const BUDGET_MS = 3_000;
/** All values of a call end up in one event of the history. */
const RESULT_MAX_BYTES = 262_144;
/** A reference is about 200 bytes long: storing less would make the event larger. */
const INLINE_MIN_BYTES = 512;

/**
 * Evaluates what steps need before they start: whether they run, over which items, with which inputs. A bad expression is
 * an outcome of its step and not an error of the activity. Values over the limit of their task, or over their share
 * of 256 KiB, become artifacts.
 */
export async function evaluate(request: EvaluateRequest, deps: ActivityDeps): Promise<EvaluateResult> {
  const visible = visibleValues(request, deps.store);
  const evaluated: TaskValues[] = [];
  let leftMs = BUDGET_MS;
  for (const task of request.tasks) {
    const { result, ranMs } = await evaluateTask(task, visible, { engine: deps.expressions, budgetMs: leftMs });
    evaluated.push(result);
    leftMs -= ranMs;
  }
  const shareBytes = Math.floor(
    RESULT_MAX_BYTES /
      Math.max(
        1,
        evaluated.reduce((sum, result) => sum + countOf(result), 0),
      ),
  );
  const outcomes = await Promise.all(
    request.tasks.map((task, at) => {
      const result = evaluated[at] ?? { kind: 'skipped' };
      const inlineMaxBytes = Math.max(INLINE_MIN_BYTES, Math.min(task.inlineMaxBytes, shareBytes));
      return stored(task, result, inlineMaxBytes, request, deps);
    }),
  );
  return { outcomes };
}

function countOf(result: TaskValues): number {
  if (result.kind === 'each') return result.values.length;
  return result.kind === 'one' || result.kind === 'text' ? 1 : 0;
}

async function stored(
  task: EvaluateTask,
  result: TaskValues,
  inlineMaxBytes: number,
  request: EvaluateRequest,
  { store }: ActivityDeps,
): Promise<EvaluateOutcome> {
  const keep = async (given: JsonValue) => {
    // What fits as a whole is whole: callers want values.
    const value = await inPlaceWhereItFits(given, inlineMaxBytes, store);
    const fits = Buffer.byteLength(JSON.stringify(value)) <= inlineMaxBytes;
    return externalize(value, store, { inlineMaxBytes, foreign: false, ...(fits && { leafMaxBytes: inlineMaxBytes }) });
  };
  try {
    switch (result.kind) {
      case 'one':
        return { kind: 'one', value: await keep(result.value) };
      case 'text': {
        const isLarge = Buffer.byteLength(result.json) > inlineMaxBytes;
        return { kind: 'one', value: isLarge ? await storeJson(result.json, store) : JSON.parse(result.json) };
      }
      case 'each':
        // A list that is not worked off item by item is one value.
        if (result.values.length > SLICE_ITEMS) return { kind: 'one', value: await keep(result.values) };
        return { kind: 'each', values: await Promise.all(result.values.map(keep)) };
      case 'items':
        return await storeWork({ ...request, task }, result.items, store);
      default:
        return result;
    }
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    const type = error.code === 'ValueTooLarge' ? error.code : 'ExpressionFailed';
    return { kind: 'failed', type, message: `step "${task.name}": ${error.message}` };
  }
}

/** With the JSON and text in place that were handed on as references, where all of it is small. */
async function inPlaceWhereItFits(value: JsonValue, maxBytes: number, store: ArtifactStore): Promise<JsonValue> {
  try {
    return await rehydrate(value, store, { what: 'text', maxBytes });
  } catch (error) {
    if (error instanceof ValueTooLarge) return value;
    throw error;
  }
}
