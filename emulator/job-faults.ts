import type { FaultOf } from './fault.js';

/** A fault that stays with a job. */
export type JobFault = FaultOf<'lose-worker' | 'lose-output' | 'webhook-late' | 'webhook-twice' | 'webhook-never'>;

/** What is to go wrong with a job. */
export interface JobFaults {
  /** How many of its runs lose their worker from now on. */
  readonly workerLosses: number;
  /** How far into a run. */
  readonly loseWorkerAfterMs: number;
  readonly losesOutput: boolean;
  readonly webhookDelayMs: number;
  readonly webhook: 'once' | 'twice' | 'never';
}

export const NO_JOB_FAULTS: JobFaults = {
  workerLosses: 0,
  loseWorkerAfterMs: 0,
  losesOutput: false,
  webhookDelayMs: 0,
  webhook: 'once',
};

export function withJobFault(faults: JobFaults, fault: JobFault): JobFaults {
  switch (fault.kind) {
    case 'lose-worker':
      return { ...faults, workerLosses: fault.losses ?? 1, loseWorkerAfterMs: fault.afterMs ?? 0 };
    case 'lose-output':
      return { ...faults, losesOutput: true };
    case 'webhook-late':
      return { ...faults, webhookDelayMs: faults.webhookDelayMs + fault.delayMs };
    case 'webhook-twice':
      return { ...faults, webhook: 'twice' };
    case 'webhook-never':
      return { ...faults, webhook: 'never' };
  }
}
