import { ArtifactError, externalize } from '../artifacts/index.js';
import type { OpenSliceRequest, OpenSliceResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { evaluateTask } from './evaluate-task.js';
import { finalFailure } from './failure.js';
import { loadWork } from './slice-work.js';
import { visibleValues } from './visible-values.js';

/** Evaluation takes a second at most for each expression; all of a slice must fit the 5 s of a local activity. */
const BUDGET_MS = 3_000;
/** Inputs stand twice in a slice's history, here and in its submits; a slice should stay below 2 MiB. */
const INPUT_MAX_BYTES = 2_048;

/** Makes the inputs of the jobs, or of the pipelines, of one slice of a `forEach` over many items. */
export async function openSlice(request: OpenSliceRequest, deps: ActivityDeps): Promise<OpenSliceResult> {
  try {
    const { work, items } = await loadWork(request, deps.store);
    const { task } = work;
    const { result } = await evaluateTask(
      task,
      visibleValues(work, deps.store),
      { engine: deps.expressions, budgetMs: BUDGET_MS },
      { items, from: request.from },
    );
    if (result.kind === 'failed') return result;
    if (result.kind !== 'each') throw finalFailure('ExpressionFailed', `a slice cannot be ${result.kind}`);
    const inputs = await Promise.all(
      result.values.map((value) => externalize(value, deps.store, { inlineMaxBytes: INPUT_MAX_BYTES, foreign: false })),
    );
    const { job, nested } = task;
    return { kind: 'opened', inputs, ...(nested === undefined ? { job } : { nested, run: work.run }) };
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    const type = error.code === 'ValueTooLarge' ? error.code : 'ExpressionFailed';
    return { kind: 'failed', type, message: error.message };
  }
}
