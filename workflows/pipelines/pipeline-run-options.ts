import type { RunIdentity } from '../nested-contract.js';
import type { Approvals } from './approvals.js';

/** How a pipeline is driven, by itself or as a step of another. */
export interface PipelineRunOptions {
  /** `JobRelayRun` of the run. */
  readonly type: 'pipeline' | 'nested';
  /** What expressions see as `$run`. */
  readonly identity: RunIdentity;
  /** An output of the run whose JSON is longer becomes an artifact. */
  readonly outputMaxBytes: number;
  /** What people decide. */
  readonly approvals: Approvals;
  /** Called after each change. */
  readonly onChange?: () => void;
  /** Called where the jobs that are settled may have changed; of a nested run that is to tell of them. */
  readonly onSettling?: () => void;
}
