import type { ConnectionLike, WorkflowHandle } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import type { ArtifactStore } from '../artifacts/index.js';

/** What every run of a client shares. */
export interface RunContext {
  readonly connection: ConnectionLike;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly store: ArtifactStore | undefined;
  readonly converter: LoadedDataConverter;
  handle(workflowId: string, runId?: string): WorkflowHandle;
}

/** Past this a query has no worker to answer it: Temporal itself would wait for one. */
export const QUERY_TIMEOUT_MS = 10_000;
