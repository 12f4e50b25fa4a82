import type { JsonValue } from '../job-api/json.js';
import { BUILT_IN_FUNCTIONS } from './built-ins.js';
import type { Batch, BatchResult, ExpressionEngine, ValueText } from './expression-engine.js';
import { type ExpressionProcess, type ProcessAnswer, startExpressionProcess } from './expression-process.js';
import type { ProgramRequest } from './expression-program.js';

export interface ExpressionEngineOptions {
  /**
   * Processes at most; each is started when there is something to evaluate and no other is free. 2 where absent: what is
   * slow in one run does not stop the others.
   */
  readonly processes?: number;
  /** For each expression. 1,000 where absent. */
  readonly timeoutMs?: number;
  /** Heap of each process. 128 where absent. */
  readonly maxMemoryMb?: number;
}

/** About what the store of artifacts takes, and what one message between processes carries well. */
const MAX_RESULT_LENGTH = 32 * 1024 * 1024;

/** What gets a tenth of a processor is given a second and a third chance; what never ends, 7 s in all. */
const MAX_SLACK = 4;

interface Waiting {
  readonly request: ProgramRequest;
  readonly resolve: (answer: ProcessAnswer) => void;
}

/**
 * An engine in processes of their own. In worker threads, the limits of memory would not hold: V8 ends the whole process
 * when one allocation does not fit the heap of a thread, and `[1..10000000]` is enough for that (ran, Node 20; a thread's
 * `resourceLimits` catch slow growth only). A process costs about 50 ms to start, once, and 40 MB.
 */
export function createExpressionEngine({
  processes = 2,
  timeoutMs = 1_000,
  maxMemoryMb = 128,
}: ExpressionEngineOptions = {}): ExpressionEngine {
  const waiting: Waiting[] = [];
  const idle: ExpressionProcess[] = [];
  const alive = new Set<ExpressionProcess>();
  let closed = false;

  function start(): ExpressionProcess {
    const fresh = startExpressionProcess({
      timeoutMs,
      maxMemoryMb,
      maxResultLength: MAX_RESULT_LENGTH,
      builtIns: [...BUILT_IN_FUNCTIONS],
    });
    alive.add(fresh);
    return fresh;
  }

  function dispatch(): void {
    while (waiting.length > 0 && (idle.length > 0 || alive.size < processes)) {
      const next = waiting.shift();
      if (next !== undefined) void serve(idle.pop() ?? start(), next);
    }
  }

  async function serve(worker: ExpressionProcess, { request, resolve }: Waiting): Promise<void> {
    const answer = await worker.run(request);
    if (answer.kind === 'done') idle.push(worker);
    else {
      alive.delete(worker);
      await worker.close();
    }
    resolve(answer);
    dispatch();
  }

  async function run(request: Omit<ProgramRequest, 'slack'>): Promise<ProcessAnswer> {
    let answer = await runWith({ ...request, slack: 1 });
    // On a machine with far more work than it can do, the clock alone would end sound expressions.
    for (let slack = 2; answer.kind === 'done' && answer.isStarved && slack <= MAX_SLACK; slack *= 2) {
      answer = await runWith({ ...request, slack });
    }
    return answer;
  }

  async function runWith(request: ProgramRequest): Promise<ProcessAnswer> {
    const take = () =>
      new Promise<ProcessAnswer>((resolve) => {
        waiting.push({ request, resolve });
        dispatch();
      });
    if (closed) throw new Error('the expression engine is closed');
    let answer = await take();
    // Whoever killed the process, it was not the expression.
    if (answer.kind === 'lost' && !closed) answer = await take();
    if (closed) throw new Error('the expression engine was closed before the expression was evaluated');
    return answer;
  }

  async function evaluateBatch({ expressions, bindings, each, budgetMs, stored }: Batch): Promise<BatchResult> {
    const limitMs = budgetMs ?? timeoutMs * (1 + expressions.length * (each?.length ?? 1));
    const answer = await run({
      expressions,
      bindings: JSON.stringify(bindings),
      ...(each !== undefined && { each: JSON.stringify(each) }),
      budgetMs: limitMs,
      ...(stored !== undefined && { stored }),
    });
    switch (answer.kind) {
      case 'done': {
        const { values, failure, needs, ranMs } = answer;
        return resultOf(values, { ...(failure && { failure }), ...(needs && { needs }), ranMs });
      }
      case 'out-of-memory':
        return resultOf([], { failure: { message: `needs more than ${maxMemoryMb} MB of memory` }, ranMs: timeoutMs });
      case 'stuck':
        return resultOf([], { failure: { message: `took longer than ${timeoutMs / 1000} s` }, ranMs: limitMs });
      case 'lost':
        throw new Error(`the process that evaluates expressions was lost: ${answer.reason}`);
    }
  }

  return {
    evaluateBatch,
    async evaluate(expression, bindings) {
      const { values, failure } = await evaluateBatch({ expressions: [expression], bindings });
      if (failure) return { ok: false, message: failure.message };
      const [value] = values;
      return { ok: true, ...(value !== undefined && { value }) };
    },
    async close() {
      closed = true;
      for (const { resolve } of waiting.splice(0)) resolve({ kind: 'lost', reason: 'the engine was closed' });
      await Promise.all([...alive].map((worker) => worker.close()));
    },
  };
}

function resultOf(texts: readonly (ValueText | undefined)[], rest: Omit<BatchResult, 'texts' | 'values'>): BatchResult {
  let parsed: readonly (JsonValue | undefined)[] | undefined;
  return {
    ...rest,
    texts,
    get values() {
      parsed ??= texts.map((text) => (text === undefined ? undefined : (JSON.parse(text.json) as JsonValue)));
      return parsed;
    },
  };
}
