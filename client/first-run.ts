import type { ConnectionLike, WorkflowExecutionDescription } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import { decodePayload } from '../encryption/index.js';
import type { JsonValue } from '../job-api/json.js';
import { INPUT_DIGEST_MEMO } from '../workflows/contract.js';
import { KeyConflict } from './errors.js';
import { inputDigest } from './input-digest.js';

interface RepeatedStart {
  readonly type: string;
  readonly digest: string;
  readonly first: WorkflowExecutionDescription;
  readonly connection: ConnectionLike;
  readonly namespace: string;
  readonly converter: LoadedDataConverter;
}

/**
 * Makes sure that a start that found its workflow id taken means the run that has it.
 *
 * @throws {KeyConflict} where that run is of another type or has another input.
 */
export async function assertSameStart({ type, digest, first, ...access }: RepeatedStart): Promise<void> {
  const { workflowId, runId } = first;
  const firstDigest = first.memo?.[INPUT_DIGEST_MEMO] ?? (await recordedDigest({ workflowId, runId, ...access }));
  if (first.type !== type || firstDigest !== digest) throw new KeyConflict(workflowId);
}

/** Other SDKs start by name and keep no digest; the first event of a history is the start, with its input. */
async function recordedDigest(run: {
  readonly workflowId: string;
  readonly runId: string;
  readonly connection: ConnectionLike;
  readonly namespace: string;
  readonly converter: LoadedDataConverter;
}): Promise<string | undefined> {
  const { history } = await run.connection.workflowService.getWorkflowExecutionHistory({
    namespace: run.namespace,
    execution: { workflowId: run.workflowId, runId: run.runId },
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  return payload && inputDigest((await decodePayload(payload, run.converter)) as JsonValue);
}
