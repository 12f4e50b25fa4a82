import { WorkflowFailedError } from '@temporalio/client';
import { type ApprovalDecision, type ApproveRequest, PROGRESS_QUERY, type Progress } from '../workflows/contract.js';
import { approveStep } from './approve.js';
import { RunNotFound } from './errors.js';
import { nestedApprovals } from './nested-approvals.js';
import { queryPatiently } from './query-patience.js';
import { readStream, type StreamItem, type StreamOptions } from './read-stream.js';
import { QUERY_TIMEOUT_MS, type RunContext } from './run-context.js';
import { toRunError } from './run-outcome.js';
import { type RunStatus, settlementOf, toRunStatus } from './run-status.js';
import { createStreamRun } from './stream-run.js';
import { type CallSite, translateError } from './translate-error.js';
import { type WatchOptions, watchProgress } from './watch-progress.js';

export interface ProgressOptions {
  /** Time for a worker to answer, 10,000 ms where absent. */
  readonly timeoutMs?: number;
}

/** A run that was started: by this client, by another, or by any Temporal SDK. */
export interface Run<Result> {
  readonly workflowId: string;
  /** The execution this handle is bound to. After a reset of the run, results and progress are those of the new one. */
  readonly runId: string;
  /**
   * Waits for the end, however long it takes.
   *
   * @throws {RunFailed} with the type of the failure and what is known of the jobs.
   * @throws {RunCancelled} with what became of the remote jobs.
   * @throws {RunTerminated | RunTimedOut} where the run was ended from outside.
   */
  result(): Promise<Result>;
  /**
   * Where the steps stand; of a closed run too. Among the approvals are those of nested pipelines, with the run to give the
   * decision to.
   *
   * @throws {NoWorker} where no worker answers in time.
   */
  progress(options?: ProgressOptions): Promise<Progress>;
  /**
   * Progress each time it changed, until the run is closed; the last one is that of the end. Goes on in silence while no
   * worker answers, since the run does.
   *
   * @example
   * for await (const { steps } of run.watch()) console.log(steps);
   */
  watch(options?: WatchOptions): AsyncIterableIterator<Progress>;
  /**
   * Asks the run to end. It settles its remote jobs first; wait for that with `result()`. Of a closed run it changes nothing.
   */
  cancel(): Promise<'requested' | 'already-closed'>;
  /**
   * Decides an approval that a pipeline waits for, as `progress()` tells. The first decision stands: to repeat it changes
   * nothing, and the answer is that first one.
   *
   * @throws {ApprovalRefused} where the run does not wait for it, or it was decided otherwise; the run goes on.
   * @throws {NoWorker} where no worker answers in time; the decision may yet be taken when one does.
   * @example
   * await run.approve({ step: 'review', approved: true, by: 'ada' });
   */
  approve(request: ApproveRequest, options?: ProgressOptions): Promise<ApprovalDecision>;
  /**
   * What a generator yields, as it comes and from its beginning, of a job with `stream: events`; ends with the job. Any number
   * may read, at any time. Where a reader was broken off, another goes on `from` the offset after its last one, and misses
   * and repeats nothing.
   *
   * @param step of a pipeline, and of its nested ones by a path: `write`, `write[3]`, `parts[2].write`; `job`, where absent; the
   * id given to `executeJob`, in a workflow of your own.
   * @throws {NoArtifactStore} where the client was made without the workers' store.
   * @throws {InvalidInput} where there is no such step, the run has ended without such a stream, or the step is a `forEach` and
   * `index` is missing.
   * @example
   * for await (const item of run.stream('write')) if (item.kind === 'chunk') process.stdout.write(String(item.output));
   */
  stream(step?: string, options?: StreamOptions): AsyncIterableIterator<StreamItem>;
  /** What Temporal knows of it without a worker: times, what is pending and what went wrong last. */
  status(): Promise<RunStatus>;
}

/** For what the runs below one wait for: whoever looks at the one around them should not wait long for it. */
const LOOK_BELOW_MS = 2_000;

export function createRun<Result>(workflowId: string, runId: string, context: RunContext): Run<Result> {
  const site: CallSite = { address: context.address, namespace: context.namespace, workflowId };
  let execution = runId;
  const handle = () => context.handle(workflowId, execution);

  async function result(): Promise<Result> {
    for (;;) {
      try {
        return (await handle().result()) as Result;
      } catch (error) {
        if (!(error instanceof WorkflowFailedError)) throw translateError(error, site);
        const description = await describe();
        const resetTo = description.raw.workflowExtendedInfo?.resetRunId;
        if (!resetTo) throw toRunError({ workflowId, runId: execution }, error, settlementOf(description));
        execution = resetTo;
      }
    }
  }

  async function describe() {
    try {
      return await handle().describe();
    } catch (error) {
      throw translateError(error, site);
    }
  }

  async function progress({ timeoutMs = QUERY_TIMEOUT_MS }: ProgressOptions = {}): Promise<Progress> {
    try {
      const own = await queryPatiently(timeoutMs, (deadline) =>
        context.connection.withDeadline(deadline, () => handle().query<Progress>(PROGRESS_QUERY)),
      );
      if (own.status !== 'running') return own;
      const below = await context.connection.withDeadline(Date.now() + Math.min(timeoutMs, LOOK_BELOW_MS), () =>
        nestedApprovals(workflowId, {
          pendingChildren: async (id) => (await context.handle(id).describe()).raw.pendingChildren ?? [],
          progress: (id) => context.handle(id).query<Progress>(PROGRESS_QUERY),
        }),
      );
      return below.length === 0 ? own : { ...own, approvals: [...(own.approvals ?? []), ...below] };
    } catch (error) {
      throw translateError(error, { ...site, taskQueue: context.taskQueue });
    }
  }

  return {
    workflowId,
    get runId() {
      return execution;
    },
    result,
    progress,
    watch: (options) => watchProgress({ result, progress, connection: context.connection }, options),
    async cancel() {
      // Asked first, since Temporal takes the cancel of a run that was cancelled before, and changes nothing.
      if ((await describe()).closeTime !== undefined) return 'already-closed';
      try {
        await handle().cancel();
        return 'requested';
      } catch (error) {
        // NOT_FOUND is also the answer for a run that closed in between.
        const known = translateError(error, site);
        if (known instanceof RunNotFound) return 'already-closed';
        throw known;
      }
    },
    async approve(request, { timeoutMs = QUERY_TIMEOUT_MS } = {}) {
      const closedAs = async () => {
        const { closedAt, status } = await toRunStatus(await describe(), context.converter);
        return closedAt === undefined ? undefined : status;
      };
      try {
        return await context.connection.withDeadline(Date.now() + timeoutMs, () =>
          approveStep(handle(), request, closedAs),
        );
      } catch (error) {
        throw translateError(error, { ...site, taskQueue: context.taskQueue });
      }
    },
    stream: (step = 'job', options) =>
      readStream(
        createStreamRun(workflowId, context, () => execution),
        context.store,
        step,
        options,
      ),
    async status() {
      return toRunStatus(await describe(), context.converter);
    },
  };
}
