/** Drives a plan by hand, without a workflow. */
import type { EvaluateOutcome } from '../../../activities/contract.js';
import {
  type ItemEnd,
  initialState,
  type PipelineEvent,
  type PipelineState,
} from '../../../workflows/pipelines/pipeline-state.js';
import { type Command, isOver, planSteps } from '../../../workflows/pipelines/plan-steps.js';
import { reduce } from '../../../workflows/pipelines/step-state.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';

export const AT = '2026-01-01T00:00:00.000Z';

export function job(name: string, over: Partial<StepPlan> = {}): StepPlan {
  return {
    name,
    kind: 'job',
    needs: [],
    concurrency: 2,
    tolerate: { count: 0 },
    onError: 'fail',
    body: {},
    job: {
      targets: [{ endpoint: 'p/e', provider: 'p', endpointId: 'e' }],
      timeouts: { queueMs: 1, runMs: 1 },
      retry: { platform: 0, queue: 0, handler: 0 },
      onAmbiguousSubmit: 'fail',
    },
    ...over,
  };
}

export function value(name: string, over: Partial<StepPlan> = {}): StepPlan {
  const { job: _, ...rest } = job(name, over);
  return { ...rest, kind: 'set' };
}

export function approval(name: string, over: Partial<StepPlan> = {}): StepPlan {
  const settings = { timeoutMs: 1, onTimeout: 'reject', onReject: 'continue' } as const;
  return { ...value(name), kind: 'approval', concurrency: 100, approval: settings, ...over };
}

export const planOf = (...steps: StepPlan[]): PipelinePlan => ({ v: 1, steps, input: {} });

/** Drives a plan by hand: `issued` collects the commands as short words. */
export class Drive {
  state: PipelineState;
  readonly #plan: PipelinePlan;
  constructor(plan: PipelinePlan) {
    this.#plan = plan;
    this.state = initialState(plan);
  }

  /** Issues what there is to do now, as the workflow does, and returns it. */
  step(): string[] {
    return planSteps(this.#plan, this.state).map((command) => {
      for (const event of issuedBy(command)) this.apply(event);
      return wordOf(command);
    });
  }

  apply(event: PipelineEvent): void {
    this.state = reduce(this.#plan, this.state, event);
  }

  prepared(step: string, outcome: EvaluateOutcome): string[] {
    this.apply({ kind: 'prepared', step, outcome, at: AT });
    return this.step();
  }

  ended(step: string, index: number, end: ItemEnd): string[] {
    this.apply({ kind: 'item-ended', step, index, end, at: AT });
    return this.step();
  }

  get over(): boolean {
    return isOver(this.#plan, this.state);
  }
}

/** What the workflow notes as it issues a command. */
export function issuedBy(command: Command): PipelineEvent[] {
  switch (command.kind) {
    case 'prepare':
      return [{ kind: 'prepare-issued', steps: command.steps, at: AT }];
    case 'start':
      return [{ kind: 'item-started', step: command.step, index: command.index }];
    case 'cancel':
      return [{ kind: 'cancel-issued', steps: command.steps }];
    case 'prepare-output':
      return [{ kind: 'output-issued' }];
    case 'start-slice':
      return [{ ...command, kind: 'slice-started' }];
    case 'grant-slots':
      return [{ ...command, kind: 'slots-granted' }];
    case 'gather':
      return [{ kind: 'gather-issued', step: command.step }];
    case 'replace':
      return [{ kind: 'replace-issued', step: command.step }];
  }
}

function wordOf(command: Command): string {
  switch (command.kind) {
    case 'start':
      return `start ${command.step}[${command.index}]`;
    case 'start-slice':
    case 'grant-slots':
      return `${command.kind} ${command.step}/${command.slice} ${command.slots}`;
    case 'gather':
    case 'replace':
      return `${command.kind} ${command.step}`;
    case 'prepare-output':
      return 'output';
    default:
      return `${command.kind} ${command.steps.join('+')}`;
  }
}

export const one = (input: string): EvaluateOutcome => ({ kind: 'one', value: { input } });
export const each = (...inputs: string[]): EvaluateOutcome => ({
  kind: 'each',
  values: inputs.map((input) => ({ input })),
});
export const completed = (output: string): ItemEnd => ({ kind: 'completed', output });
export const failed: ItemEnd = { kind: 'failed', type: 'JobFailed', message: 'boom' };
