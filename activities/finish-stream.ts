import { ApplicationFailure } from '@temporalio/common';
import { readLog, sealLog } from '../artifacts/index.js';
import type { RemoteJob } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { StreamEvent } from '../workflows/contract.js';
import type { CompletedJob, JobEndDetails, StreamJobRequest } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { jobEnded } from './failure.js';
import { endDetails, finishJob } from './finish-job.js';
import { closingEvents, outputOf } from './stream-account.js';
import type { StreamRecord } from './stream-record.js';

/**
 * Makes a result of a job that has ended and whose stream is empty: of its chunks, or of the list that the provider itself
 * has kept of them. Throws the failure of a job that did not complete.
 */
export async function finishStream(
  job: RemoteJob,
  request: StreamJobRequest,
  record: StreamRecord,
  deps: ActivityDeps,
): Promise<CompletedJob> {
  const { handle, endpoint } = request;
  const { account } = record;
  const output = outputOf(account, job);
  await record.close(closingEvents(account, job.output));
  if (job.status !== 'COMPLETED' || output.kind === 'reported') {
    const done = await finishJob(job, request, deps);
    return { ...done, stream: { chunks: account.chunks, complete: true } };
  }
  const details = endDetails(handle, endpoint, deps.config, job, true);
  if (output.kind === 'none') {
    const kept = `what was kept of them is the artifact ${await storeChunks(record, deps)}`;
    throw jobEnded(output.type, `job ${handle.jobId} completed, but ${output.why}; ${kept}`, details);
  }
  try {
    const done = await finishJob({ ...job, output: await chunksOf(record, deps) }, request, deps);
    return { ...done, stream: { chunks: account.chunks, complete: output.complete } };
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'OutputRejected') throw error;
    // The provider gives a chunk once, so whoever looks for the reason finds them here.
    const kept = await storeChunks(record, deps);
    throw jobEnded('OutputRejected', `${error.message}; its chunks are the artifact ${kept}`, details);
  }
}

/** Adds where the stream is to how its job ended, for readers that come later. */
export async function withLog(error: unknown, record: StreamRecord, deps: ActivityDeps): Promise<unknown> {
  if (!(error instanceof ApplicationFailure) || !error.nonRetryable) return error;
  const [details] = error.details ?? [];
  if (typeof Object(details).jobId !== 'string') return error;
  const log = await sealLog(record.log, deps.store);
  return jobEnded(error.type as Parameters<typeof jobEnded>[0], error.message, { ...(details as JobEndDetails), log });
}

async function chunksOf({ log, account }: StreamRecord, { store }: ActivityDeps): Promise<JsonValue[]> {
  const chunks: JsonValue[] = [];
  for await (const { entry } of readLog(log, account.since, store)) {
    const event = entry as unknown as StreamEvent;
    if (event.kind === 'chunk') chunks.push(event.chunk.output);
  }
  return chunks;
}

async function storeChunks(record: StreamRecord, deps: ActivityDeps): Promise<string> {
  return (await deps.store.put(Buffer.from(JSON.stringify(await chunksOf(record, deps))))).sha256;
}
