/** Reading what all three dialects answer with, once a dialect has taken it out of what it wraps around. */

import type { Dialect, WireAnswer } from '../dialect.js';
import { protocolError } from '../http/answer.js';
import { type Call, isSubmit, type JobAnswerCall } from '../http/call.js';
import type { JobStatus, StreamChunk } from '../job.js';
import type { JsonValue } from '../json.js';
import { present } from '../present.js';
import { healthAnswer, type JobAnswer, purgeAnswer, readJobAnswer, streamAnswer } from './runpod-wire.js';

/** The JSON of an answer that succeeded. Throws the error that the answer stands for otherwise. */
export type Unwrap = (call: Call, answer: WireAnswer) => unknown;

type Readers = Pick<Dialect, 'readJob' | 'readStream' | 'readPurge' | 'readHealth'>;

export function readersOf(unwrap: Unwrap): Readers {
  return {
    readJob(call, answer) {
      const wire = readJobAnswer(unwrap(call, answer));
      if (wire === undefined) throw protocolError(call, answer, 'no job object');
      const jobId = jobIdIn(call, answer, wire);
      const raw = statusIn(call, answer, wire);
      const status = raw === undefined ? 'UNKNOWN' : readStatus(raw);
      return present({
        jobId,
        status,
        rawStatus: status === 'UNKNOWN' ? raw : undefined,
        output: wire.output,
        error: wire.error === null ? undefined : wire.error,
        delayTimeMs: wire.delayTime,
        executionTimeMs: wire.executionTime,
        workerId: wire.workerId,
        retries: wire.retries,
      });
    },
    readStream(call, answer) {
      const wire = streamAnswer.safeParse(unwrap(call, answer));
      if (!wire.success) throw protocolError(call, answer, 'neither a stream nor a list of chunks');
      const { status, stream } = wire.data;
      return { ...(status !== undefined && { status: readStatus(status) }), chunks: stream.map(readChunk) };
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

function jobIdIn(call: JobAnswerCall, answer: WireAnswer, { id }: JobAnswer): string {
  if (isSubmit(call)) {
    if (id === undefined) throw protocolError(call, answer, 'no job id');
    return id;
  }
  if (id !== undefined && id !== call.jobId) {
    throw protocolError(call, answer, `it speaks of another job (${JSON.stringify(answer.quote(id))})`);
  }
  return call.jobId;
}

function statusIn(call: JobAnswerCall, answer: WireAnswer, { status }: JobAnswer): string | undefined {
  // The id is the proof that a job was made: an answer without a status is no reason to lose it.
  if (status === undefined && !isSubmit(call)) throw protocolError(call, answer, 'no status');
  return status;
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
function readStatus(raw: string): JobStatus {
  return STATUSES.get(raw) ?? STATUSES.get(raw.trim().toUpperCase()) ?? 'UNKNOWN';
}

/** An entry is `{output, …}`; one that is not is a chunk itself, since what was read is gone at the provider. */
function readChunk(entry: JsonValue): StreamChunk {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return { output: entry };
  return Object.hasOwn(entry, 'output') ? (entry as StreamChunk) : { output: entry };
}
