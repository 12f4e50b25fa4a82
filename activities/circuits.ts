/** What the ends of submits and jobs say of their endpoint. */
import { ApplicationFailure } from '@temporalio/common';
import { CircuitOpen } from '../job-api/circuits/circuit.js';
import type { CircuitEvent } from '../job-api/circuits/circuit-state.js';
import { HeldBack, ProtocolError, SubmitAmbiguous, Unavailable } from '../job-api/errors.js';
import type { JobHandle } from '../job-api/job.js';
import type { FailureType } from '../workflows/contract.js';
import type { ActivityDeps } from './deps.js';

/** Of a submit that threw; undefined where it says nothing of the endpoint. */
export function submitEvent(error: unknown): CircuitEvent | undefined {
  if (error instanceof CircuitOpen || error instanceof HeldBack) return undefined;
  const noAnswer = error instanceof Unavailable || error instanceof SubmitAmbiguous || error instanceof ProtocolError;
  return noAnswer ? 'submit-failed' : undefined;
}

/** A lost job that is older may be one whose result expired while nobody of ours was there to read it. */
const OUR_FAULT_FROM_MS = 10 * 60_000;

/** By how the wait for a job ended; undefined where it says nothing of the endpoint. */
function jobEvent(type: string | undefined | null, ageMs: number): CircuitEvent | undefined {
  switch (type as FailureType | undefined | null) {
    case 'PlatformFailed':
      return 'job-failed';
    case 'JobLost':
      return ageMs < OUR_FAULT_FROM_MS ? 'job-failed' : undefined;
    case 'JobFailed':
    case 'OutputRejected':
      return 'job-ended';
    default:
      return undefined;
  }
}

/** Waits for a job, and tells the circuit of its endpoint how it ended. */
export async function tellingCircuit<T>(
  handle: JobHandle,
  { circuit }: Pick<ActivityDeps, 'circuit'>,
  wait: () => Promise<T>,
): Promise<T> {
  const tell = (event: CircuitEvent | undefined) => {
    if (event !== undefined) circuit(handle.provider, handle.endpointId)?.record(event);
  };
  try {
    const job = await wait();
    tell('job-ended');
    return job;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.nonRetryable) {
      tell(jobEvent(error.type, Date.now() - Date.parse(handle.submittedAt)));
    }
    throw error;
  }
}
