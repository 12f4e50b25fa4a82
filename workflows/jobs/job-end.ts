import type { CompletedJob } from '../../activities/contract.js';
import type { JobHandle } from '../../job-api/job.js';
import type { BudgetUse, FailureType, RemoteError } from '../contract.js';
import type { Target } from '../plan.js';

/** How a job ended. Whichever way, its remote jobs have ended, or the record names those that were not seen to. */
export type JobEnd =
  | { readonly kind: 'completed'; readonly target: Target; readonly handle: JobHandle; readonly job: CompletedJob }
  | {
      readonly kind: 'failed';
      readonly type: FailureType;
      readonly message: string;
      readonly error?: RemoteError;
      /** Of a lost job: it had perhaps ended, and nobody came for its result in time. */
      readonly expired?: true;
      /** Nothing was sent: the endpoint is left alone for a while, and another can take the job. */
      readonly skipped?: true;
      /** Nothing was sent: the budget of the run has no room for it. */
      readonly budget?: BudgetUse;
    }
  | {
      readonly kind: 'cancelled';
      /** There may be a job: its submit got no answer before. */
      readonly suspected?: true;
    };
