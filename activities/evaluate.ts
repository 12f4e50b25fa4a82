import type { EvaluateOutcome, EvaluateRequest, EvaluateResult, EvaluateTask, StepView } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { evaluateTask, type TaskValues } from './evaluate-task.js';
import { countOf, keepValues } from './keep-values.js';
import { visibleValues } from './visible-values.js';

/** For all expressions of a call: an activity that is over its own 10 s fails every step it was asked about. */
const BUDGET_MS = 3_000;
/** What is left of that for a task that waits for others: one expression may take as much. */
const WAITING_MIN_MS = 1_000;
/** From then on nothing that waits is begun: a slow store must not use up the time of what has its values already. */
const WAITING_WITHIN_MS = 4_000;
/** All values of a call end up in one event of the history. */
const RESULT_MAX_BYTES = 262_144;
/** A reference is about 200 bytes long: storing less would make the event larger. */
const INLINE_MIN_BYTES = 512;

/** What is shorter is told also where nobody asks for it, but a person who reads the history. */
const TOLD_MAX_BYTES = 2_048;

/** What a call has left for what is still to be evaluated. */
interface Left {
  readonly ms: number;
  readonly bytes: number;
}

/** A task, and those before it in the call whose values it sees. */
interface Turn {
  readonly task: EvaluateTask;
  readonly after: readonly string[];
}

/** An outcome, and how long it is in a history. */
interface Made {
  readonly outcome: EvaluateOutcome;
  readonly bytes: number;
}

/** What a task sees. */
type Seen = Omit<EvaluateRequest, 'tasks'>;

/**
 * Evaluates what steps need before they start: whether they run, over which items, with which inputs. A bad expression is
 * an outcome of its step and not an error of the activity. Values over the limit of their task, or over their share
 * of 256 KiB, become artifacts.
 *
 * Tasks that wait for others come after them. Such a one has an outcome only where it would have the same in a call of its own:
 * what fails, or does not fit any more, is put off, and has all the time and all the room there is when it is asked for again.
 */
export async function evaluate({ tasks, ...given }: EvaluateRequest, deps: ActivityDeps): Promise<EvaluateResult> {
  const all = new Map<EvaluateTask, Made>();
  const steps = new Map(Object.entries(given.steps));
  let left: Left = { ms: BUDGET_MS, bytes: RESULT_MAX_BYTES };
  const begun = performance.now();
  for (const [turn, round] of roundsOf(tasks).entries()) {
    if (turn > 0 && performance.now() - begun > WAITING_WITHIN_MS) break;
    const due = round.filter(({ after }) => after.every((name) => steps.has(name)));
    const made = await evaluateRound(
      due,
      ({ needs = [...steps.keys()] }) => ({ ...given, steps: pick(steps, needs) }),
      left,
      deps,
    );
    for (const [task, each] of made.outcomes) {
      all.set(task, each);
      const view = viewOf(each.outcome);
      if (view !== undefined) steps.set(task.name, view);
    }
    left = made.left;
  }
  return { outcomes: tasks.map((task) => toldOf(task, all, tasks)) };
}

/** A list that only goes from one expression to the next would be in the history, and in the workflow's memory, for nobody. */
function toldOf(
  task: EvaluateTask,
  all: ReadonlyMap<EvaluateTask, Made>,
  tasks: readonly EvaluateTask[],
): EvaluateOutcome {
  const { outcome, bytes } = all.get(task) ?? { outcome: { kind: 'put-off' }, bytes: 0 };
  if (!task.readHere || viewOf(outcome)?.status !== 'completed' || bytes <= TOLD_MAX_BYTES) return outcome;
  const readers = tasks.filter(({ name, needs }) => name !== task.name && (needs?.includes(task.name) ?? true));
  return readers.every((reader) => all.has(reader)) ? { kind: 'used' } : outcome;
}

/** Tasks that wait for none, then those that wait for these, and so on. */
function roundsOf(tasks: readonly EvaluateTask[]): readonly (readonly Turn[])[] {
  const rounds: Turn[][] = [];
  const roundOf = new Map<string, number>();
  for (const task of tasks) {
    const after = (task.needs ?? []).filter((name) => roundOf.has(name));
    const round = Math.max(-1, ...after.map((name) => roundOf.get(name) ?? -1)) + 1;
    roundOf.set(task.name, round);
    rounds[round] = [...(rounds[round] ?? []), { task, after }];
  }
  return rounds;
}

function pick(steps: ReadonlyMap<string, StepView>, names: readonly string[]): Record<string, StepView> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const view = steps.get(name);
      return view === undefined ? [] : [[name, view]];
    }),
  );
}

/** The step of a task, once it has this outcome: what is waited for is a `set`, which ends with it. */
function viewOf(outcome: EvaluateOutcome): StepView | undefined {
  switch (outcome.kind) {
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

async function evaluateRound(
  round: readonly Turn[],
  seenBy: (task: EvaluateTask) => Seen,
  left: Left,
  deps: ActivityDeps,
): Promise<{ readonly outcomes: ReadonlyMap<EvaluateTask, Made>; readonly left: Left }> {
  let { ms, bytes } = left;
  const evaluated: (Turn & { readonly seen: Seen; readonly result: TaskValues })[] = [];
  for (const { task, after } of round) {
    if (after.length > 0 && ms < WAITING_MIN_MS) continue;
    const seen = seenBy(task);
    const tools = { engine: deps.expressions, budgetMs: ms };
    const { result, ranMs } = await evaluateTask(task, visibleValues(seen, deps.store), tools);
    evaluated.push({ task, after, seen, result });
    ms -= ranMs;
  }
  const all = evaluated.reduce((sum, { result }) => sum + countOf(result), 0);
  const kept = await Promise.all(
    evaluated.map(async ({ task, after, seen, result }) => {
      // One that waits has the share that it would have alone, and is put off where there is less.
      const shareBytes = Math.floor(RESULT_MAX_BYTES / Math.max(1, after.length > 0 ? countOf(result) : all));
      const inlineMaxBytes = Math.max(INLINE_MIN_BYTES, Math.min(task.inlineMaxBytes, shareBytes));
      return { task, after, outcome: await keepValues(task, result, inlineMaxBytes, seen, deps.store) };
    }),
  );
  const outcomes = new Map<EvaluateTask, Made>();
  for (const { task, after, outcome } of kept) {
    const size = Buffer.byteLength(JSON.stringify(outcome));
    if (after.length > 0 && (outcome.kind === 'failed' || size > bytes)) continue;
    outcomes.set(task, { outcome, bytes: size });
    bytes -= size;
  }
  return { outcomes, left: { ms, bytes } };
}
