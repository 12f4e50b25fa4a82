import {
  PROGRESS_QUERY,
  type Progress,
  STREAM_QUERY,
  type StreamPlace,
  type StreamRequest,
  WORKFLOW_TYPES,
} from '../workflows/contract.js';
import { queryPatiently } from './query-patience.js';
import { QUERY_TIMEOUT_MS, type RunContext } from './run-context.js';
import { type RunStatus, toRunStatus } from './run-status.js';
import { translateError } from './translate-error.js';

/** What a reader of streams asks of a run, and of those below it. */
export interface StreamRun {
  readonly workflowId: string;
  /** What Temporal knows of the run without a worker. */
  status(): Promise<RunStatus>;
  /** A query, which a worker answers. */
  place(request: StreamRequest): Promise<StreamPlace>;
  /** The names of a pipeline's steps, another query; none until its definition was read. */
  steps(): Promise<readonly string[]>;
  child(workflowId: string): StreamRun;
}

/** @param runIdOf the execution of it that is meant; undefined: the latest */
export function createStreamRun(
  workflowId: string,
  context: RunContext,
  runIdOf: () => string | undefined = () => undefined,
): StreamRun {
  const { connection, address, namespace, taskQueue, converter } = context;
  const handle = () => context.handle(workflowId, runIdOf());
  const site = { address, namespace, workflowId };

  async function ask<Answer, Args extends readonly unknown[]>(query: string, ...args: Args): Promise<Answer> {
    try {
      return await queryPatiently(QUERY_TIMEOUT_MS, (deadline) =>
        connection.withDeadline(deadline, () => handle().query<Answer, [...Args]>(query, ...args)),
      );
    } catch (error) {
      throw translateError(error, { ...site, taskQueue });
    }
  }

  return {
    workflowId,
    async status() {
      try {
        return await toRunStatus(await handle().describe(), converter);
      } catch (error) {
        throw translateError(error, site);
      }
    },
    place: (request) => ask<StreamPlace, [StreamRequest]>(STREAM_QUERY, request),
    steps: async () => Object.keys((await ask<Progress, []>(PROGRESS_QUERY)).steps),
    child: (id) => createStreamRun(id, context),
  };
}

/** Whether a workflow of this type has steps that may have pipelines below them. */
export function isPipelineType(type: string): boolean {
  return type === WORKFLOW_TYPES.pipeline || type === WORKFLOW_TYPES.nested || type === WORKFLOW_TYPES.slice;
}
