import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { EvaluateOutcome, EvaluateRequest, EvaluateTask, StepView } from '../../../activities/contract.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { evaluate } from '../../../activities/evaluate.js';
import { type ArtifactStore, createFileStore } from '../../../artifacts/index.js';
import { createExpressionEngine } from '../../../definition/index.js';
import type { JsonValue } from '../../../job-api/json.js';

const RUN = { workflowId: 'pipeline:1', runId: 'r', startedAt: '2025-01-01T00:00:00.000Z' };

export interface Evaluation {
  store(): ArtifactStore;
  outcomesOf(
    tasks: readonly Partial<EvaluateTask>[],
    given?: Partial<EvaluateRequest>,
  ): Promise<readonly EvaluateOutcome[]>;
  outcomeOf(task: Partial<EvaluateTask>, given?: Partial<EvaluateRequest>): Promise<EvaluateOutcome>;
}

/** An engine and a store of the test file that calls it, and tasks with all that a test does not care for. */
export function useEvaluation(options?: Parameters<typeof createExpressionEngine>[0]): Evaluation {
  const expressions = createExpressionEngine(options);
  let root = '';
  let store: ArtifactStore;
  beforeAll(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-evaluate-'));
    store = createFileStore({ root });
  });
  afterAll(async () => {
    await expressions.close();
    await rm(root, { recursive: true, force: true });
  });

  const outcomesOf: Evaluation['outcomesOf'] = async (tasks, given) => {
    const whole = tasks.map(
      (task) => ({ name: 'a', kind: 'value', body: null, inlineMaxBytes: 65_536, ...task }) as const,
    );
    // Of all that activities work with, `evaluate` uses the store and the engine.
    const deps = { store, expressions } as unknown as ActivityDeps;
    return (await evaluate({ tasks: whole, input: {}, steps: {}, run: RUN, ...given }, deps)).outcomes;
  };
  return {
    store: () => store,
    outcomesOf,
    async outcomeOf(task, given) {
      const [outcome] = await outcomesOf([task], given);
      if (outcome === undefined) throw new Error('no outcome');
      return outcome;
    },
  };
}

export function completed(output: JsonValue): StepView {
  return { status: 'completed', output };
}

export function failed(message: string, type = 'ExpressionFailed') {
  return { kind: 'failed', type, message };
}
