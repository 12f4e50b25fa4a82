import { externalize } from '../artifacts/index.js';
import type { RunJobSyncRequest, RunJobSyncResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';
import { withHeartbeats } from './heartbeats.js';
import { prepareSubmit } from './prepare-submit.js';

/**
 * Submits a job and waits for its result in one request. For people who accept what comes with it: the job has no id
 * until the answer, so a lost answer is a lost job, and the provider keeps the result for one minute only. No workflow
 * of this package uses it.
 *
 * @returns the job as it stood when the wait was over: it may still be IN_QUEUE or IN_PROGRESS
 */
export async function runJobSync(request: RunJobSyncRequest, deps: ActivityDeps): Promise<RunJobSyncResult> {
  const api = deps.jobApi(request.target.provider);
  try {
    const body = await prepareSubmit(request, deps, api.maxBodyBytes.runSync);
    const job = await withHeartbeats({ phase: 'sending' }, () =>
      api.runSync(request.target.endpointId, body, request.waitMs === undefined ? {} : { waitMs: request.waitMs }),
    );
    if (job.output === undefined) return { job };
    return {
      job: {
        ...job,
        output: await externalize(job.output, deps.store, { inlineMaxBytes: request.inlineMaxBytes, foreign: true }),
      },
    };
  } catch (error) {
    throw toFailure(error);
  }
}
