/** Reading what all three dialects answer with, once a dialect has taken it out of what it wraps around. */

import type { Dialect, WireAnswer } from '../dialect.js';
import { protocolError } from '../http/answer.js';
import { type Call, isSubmit, type JobAnswerCall } from '../http/call.js';
import type { JobStatus, RemoteJob, StreamChunk } from '../job.js';
import type { JsonValue } from '../json.js';
import { present } from './present.js';
import { healthAnswer, jobAnswer, purgeAnswer, streamAnswer } from './runpod-wire.js';

/** The JSON of an answer that succeeded. Throws the error that the answer stands for otherwise. */
export type Unwrap = (call: Call, answer: WireAnswer) => unknown;

type Readers = Pick<Dialect, 'readJob' | 'readStream' | 'readPurge' | 'readHealth'>;

export function readersOf(unwrap: Unwrap): Readers {
  return {
    readJob(call, answer) {
      const wire = jobAnswer.safeParse(unwrap(call, answer));
      if (!wire.success) throw protocolError(call, answer, 'no job object');
      const { id, status, output, error, delayTime, executionTime, workerId, retries } = wire.data;
      return {
        ...identity(call, answer, id, status),
        ...present({
          output,
          error: error === null ? undefined : error,
          delayTimeMs: delayTime,
          executionTimeMs: executionTime,
          workerId,
          retries,
        }),
      };
    },
    readStream(call, answer) {
      const wire = streamAnswer.safeParse(unwrap(call, answer));
      if (!wire.success) throw protocolError(call, answer, 'neither a stream nor a list of chunks');
      const { status, stream } = wire.data;
      return { ...(status !== undefined && { status: readStatus(status).status }), chunks: stream.map(readChunk) };
    },
    readPurge(call, answer) {
      const wire = purgeAnswer.safeParse(unwrap(call, answer));
      const removed = wire.data?.removed ?? wire.data?.purged;
      if (removed === undefined) throw protocolError(call, answer, 'no count of removed jobs');
      return { removed };
    },
    readHealth(call, answer) {
      const wire = healthAnswer.safeParse(unwrap(call, answer));
      if (!wire.success) throw protocolError(call, answer, 'no health object');
      const { jobs, workers } = wire.data;
      const { completed, failed, inProgress, inQueue, retried } = jobs;
      const { idle, initializing, ready, running, throttled, unhealthy } = workers;
      return {
        jobs: present({ completed, failed, inProgress, inQueue, retried }),
        workers: present({ idle, initializing, ready, running, throttled, unhealthy }),
      };
    },
  };
}

function identity(
  call: JobAnswerCall,
  answer: WireAnswer,
  id: string | undefined,
  status: string | undefined,
): Pick<RemoteJob, 'jobId' | 'status' | 'rawStatus'> {
  if (isSubmit(call)) {
    if (id === undefined) throw protocolError(call, answer, 'no job id');
    // The id is the proof that a job was made: an answer without a status is no reason to lose it.
    return { jobId: id, ...(status === undefined ? { status: 'UNKNOWN' } : readStatus(status)) };
  }
  if (id !== undefined && id !== call.jobId) {
    throw protocolError(call, answer, `it speaks of another job (${JSON.stringify(answer.quote(id))})`);
  }
  if (status === undefined) throw protocolError(call, answer, 'no status');
  return { jobId: call.jobId, ...readStatus(status) };
}

const STATUSES: ReadonlyMap<string, JobStatus> = new Map([
  ['IN_QUEUE', 'IN_QUEUE'],
  ['IN_PROGRESS', 'IN_PROGRESS'],
  // In RunPod's documents; no answer with it has been seen.
  ['RUNNING', 'IN_PROGRESS'],
  ['COMPLETED', 'COMPLETED'],
  ['FAILED', 'FAILED'],
  ['CANCELLED', 'CANCELLED'],
  ['TIMED_OUT', 'TIMED_OUT'],
]);

/** In any case: SubModel's own SDK compares in lower case what its documents write in upper case. */
function readStatus(raw: string): Pick<RemoteJob, 'status' | 'rawStatus'> {
  const status = STATUSES.get(raw.trim().toUpperCase());
  return status === undefined ? { status: 'UNKNOWN', rawStatus: raw } : { status };
}

/** An entry is `{output, …}`; one that is not is a chunk itself, since what was read is gone at the provider. */
function readChunk(entry: JsonValue): StreamChunk {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return { output: entry };
  return Object.hasOwn(entry, 'output') ? (entry as StreamChunk) : { output: entry };
}
