import type { JsonValue } from '../../job-api/json.js';
import type { RunBudget } from '../budget/run-budget.js';
import type { Progress } from '../contract.js';
import type { RunIdentity } from '../nested-contract.js';
import type { Approvals } from './approvals.js';

/** How a pipeline is driven, by itself or as a step of another. */
export interface PipelineRunOptions {
  /** `JobRelayRun` of the run. */
  readonly type: 'pipeline' | 'nested';
  /** Its input as it came, in stored form: the plan has one only where that is not what expressions are to see. */
  readonly input: JsonValue | undefined;
  /** What expressions see as `$run`. */
  readonly identity: RunIdentity;
  /** An output of the run whose JSON is longer becomes an artifact. */
  readonly outputMaxBytes: number;
  /** What people decide. */
  readonly approvals: Approvals;
  /** Of the run, or its part in that of the run around it; absent where there is none. */
  readonly budget?: RunBudget;
  /** Called after each change. */
  readonly onChange?: () => void;
  /** Called where the jobs that are settled may have changed; of a nested run that is to tell of them. */
  readonly onSettling?: () => void;
}

/** For the jobs of the run, and the workflows within. */
export function budgetIn({ budget }: PipelineRunOptions): Pick<PipelineRunOptions, 'budget'> {
  return budget === undefined ? {} : { budget };
}

/** How far it is used, for those who are told of the run. */
export function budgetUseOf({ budget }: PipelineRunOptions): Pick<Progress, 'budget'> {
  return budget === undefined ? {} : { budget: budget.use };
}
