/** Brings the values of a task into the form that a history holds. */
import {
  ArtifactError,
  type ArtifactStore,
  externalize,
  rehydrate,
  storeJson,
  ValueTooLarge,
} from '../artifacts/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { EvaluateOutcome, EvaluateRequest, EvaluateTask } from './contract.js';
import type { TaskValues } from './evaluate-task.js';
import { SLICE_ITEMS } from './slice-items.js';
import { storeWork } from './slice-work.js';

/** How many values a history gets of it. */
export function countOf(result: TaskValues): number {
  if (result.kind === 'each') return result.values.length;
  return result.kind === 'one' || result.kind === 'text' ? 1 : 0;
}

/**
 * The outcome of a task, with what is larger than `inlineMaxBytes` in the store. Rejects as the store does; what no store can
 * hold is a failed outcome.
 */
export async function keepValues(
  task: EvaluateTask,
  result: TaskValues,
  inlineMaxBytes: number,
  request: Omit<EvaluateRequest, 'tasks'>,
  store: ArtifactStore,
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
