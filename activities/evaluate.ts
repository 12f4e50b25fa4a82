import type { EvaluateOutcome, EvaluateRequest, EvaluateResult, EvaluateTask, StepView } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { evaluateTask, type TaskValues } from './evaluate-task.js';
import { countOf, keepValues } from './keep-values.js';
import { visibleValues } from './visible-values.js';

/** For all expressions of a call: an activity that is over its own 5 s fails every step it was asked about. */
const BUDGET_MS = 3_000;
/** What is left of that for a task that waits for others: one expression may take as much. */
const WAITING_MIN_MS = 1_000;
/** All values of a call end up in one event of the history. */
const RESULT_MAX_BYTES = 262_144;
/** A reference is about 200 bytes long: storing less would make the event larger. */
const INLINE_MIN_BYTES = 512;

/** What a call has left for what is still to be evaluated. */
interface Left {
  readonly ms: number;
  readonly bytes: number;
}

/**
 * Evaluates what steps need before they start: whether they run, over which items, with which inputs. A bad expression is
 * an outcome of its step and not an error of the activity. Values over the limit of their task, or over their share
 * of 256 KiB, become artifacts.
 *
 * Tasks that wait for others follow in turns. Such a one has an outcome only where it would have the same in a call of its own:
 * what fails, or does not fit any more, is put off, and has all the time and all the room there is when it is asked for again.
 */
export async function evaluate(request: EvaluateRequest, deps: ActivityDeps): Promise<EvaluateResult> {
  const outcomes = new Map<EvaluateTask, EvaluateOutcome>();
  let left: Left = { ms: BUDGET_MS, bytes: RESULT_MAX_BYTES };
  for (const turn of turnsOf(request.tasks)) {
    const { steps, due } = whatIsSeen(turn, request, outcomes);
    const made = await evaluateTurn(due, { ...request, steps }, left, deps);
    for (const [task, outcome] of made.outcomes) outcomes.set(task, outcome);
    left = made.left;
  }
  return { outcomes: request.tasks.map((task) => outcomes.get(task) ?? { kind: 'put-off' }) };
}

/** Tasks that wait for none, then those that wait for these, and so on. */
function turnsOf(tasks: readonly EvaluateTask[]): readonly (readonly EvaluateTask[])[] {
  const turns: EvaluateTask[][] = [];
  const turnOf = new Map<string, number>();
  for (const task of tasks) {
    const turn = Math.max(-1, ...(task.after ?? []).map((name) => turnOf.get(name) ?? -1)) + 1;
    turnOf.set(task.name, turn);
    turns[turn] = [...(turns[turn] ?? []), task];
  }
  return turns;
}

/** The steps as the tasks of a turn see them, and those tasks for which all that they wait for has a value. */
function whatIsSeen(
  turn: readonly EvaluateTask[],
  { tasks, steps }: EvaluateRequest,
  outcomes: ReadonlyMap<EvaluateTask, EvaluateOutcome>,
): { readonly steps: EvaluateRequest['steps']; readonly due: readonly EvaluateTask[] } {
  const views = new Map<string, StepView>();
  for (const task of tasks) {
    const view = viewOf(outcomes.get(task));
    if (view !== undefined) views.set(task.name, view);
  }
  return {
    steps: { ...steps, ...Object.fromEntries(views) },
    due: turn.filter(({ after = [] }) => after.every((name) => views.has(name))),
  };
}

/** The step of a task, once it has this outcome; a `set` ends with it. */
function viewOf(outcome: EvaluateOutcome | undefined): StepView | undefined {
  switch (outcome?.kind) {
    case 'skipped':
      return { status: 'skipped', output: null };
    case 'one':
      return { status: 'completed', output: outcome.value };
    case 'each':
      return { status: 'completed', output: outcome.values };
    default:
      return undefined;
  }
}

async function evaluateTurn(
  tasks: readonly EvaluateTask[],
  request: Omit<EvaluateRequest, 'tasks'>,
  left: Left,
  deps: ActivityDeps,
): Promise<{ readonly outcomes: ReadonlyMap<EvaluateTask, EvaluateOutcome>; readonly left: Left }> {
  const visible = visibleValues(request, deps.store);
  const evaluated = new Map<EvaluateTask, TaskValues>();
  let { ms, bytes } = left;
  for (const task of tasks) {
    if (task.after !== undefined && ms < WAITING_MIN_MS) continue;
    const { result, ranMs } = await evaluateTask(task, visible, { engine: deps.expressions, budgetMs: ms });
    evaluated.set(task, result);
    ms -= ranMs;
  }
  const all = [...evaluated.values()].reduce((sum, result) => sum + countOf(result), 0);
  const kept = await Promise.all(
    [...evaluated].map(async ([task, result]) => {
      // One that waits has the share that it has alone, and is put off where there is less.
      const shareBytes = Math.floor(RESULT_MAX_BYTES / Math.max(1, task.after === undefined ? all : countOf(result)));
      const inlineMaxBytes = Math.max(INLINE_MIN_BYTES, Math.min(task.inlineMaxBytes, shareBytes));
      return [task, await keepValues(task, result, inlineMaxBytes, request, deps.store)] as const;
    }),
  );
  const outcomes = new Map<EvaluateTask, EvaluateOutcome>();
  for (const [task, outcome] of kept) {
    const size = Buffer.byteLength(JSON.stringify(outcome));
    if (task.after !== undefined && (outcome.kind === 'failed' || size > bytes)) continue;
    outcomes.set(task, outcome);
    bytes -= size;
  }
  return { outcomes, left: { ms, bytes } };
}
