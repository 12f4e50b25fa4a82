import { Context } from '@temporalio/activity';
import { externalize } from '../artifacts/index.js';
import type { RemoteJob } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import type { JobEndDetails, RunJobSyncRequest, RunJobSyncResult } from './contract.js';
import { correlationKeyFor } from './correlation.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';
import { endDetails } from './finish-job.js';
import { withHeartbeats } from './heartbeats.js';
import { keepOutput } from './keep-output.js';
import { mapOutput, toOutputRejected } from './map-output.js';
import { adoptNamed } from './named-job.js';
import { prepareSubmit } from './prepare-submit.js';

/**
 * Submits a job and waits for its result in one request. For people who accept what comes with it: the job has no id
 * until the answer, so a lost answer is a lost job, and the provider keeps the result for one minute only. No workflow
 * of this package uses it. Input and output go through the mapping of an alias, as those of `submitJob` and `awaitJob` do.
 *
 * @throws `OutputRejected` where the output does not go through its mapping, `CaptureFailed` where it cannot be captured
 * @returns the job as it stood when the wait was over: it may still be IN_QUEUE or IN_PROGRESS
 */
export async function runJobSync(request: RunJobSyncRequest, deps: ActivityDeps): Promise<RunJobSyncResult> {
  const api = deps.jobApi(request.target.provider);
  try {
    const correlationKey = correlationKeyFor(request, deps, Context.current().info);
    const submit = correlationKey === undefined ? request : { ...request, correlationKey };
    const body = await prepareSubmit(submit, deps, api.maxBodyBytes.runSync);
    const job = await withHeartbeats({ phase: 'sending' }, () =>
      api
        .runSync(request.target.endpointId, body, request.waitMs === undefined ? {} : { waitMs: request.waitMs })
        .catch((error: unknown) => adoptNamed(error, { api, target: request.target, context: Context.current() })),
    );
    const output = await outputOf(job, request.target, deps);
    if (output === undefined) return { job };
    const { endpoint } = request.target;
    const { inlineMaxBytes } = request;
    const stored =
      job.status === 'COMPLETED'
        ? await keepOutput(
            output,
            { place: request.target, inlineMaxBytes, endedAt: Date.now(), details: detailsOf(job, endpoint, deps) },
            deps,
          )
        : await externalize(output, deps.store, { inlineMaxBytes, foreign: true });
    return { job: { ...job, output: stored } };
  } catch (error) {
    throw toFailure(error);
  }
}

/** What a handler reports before its end is not in the shape of an output. */
async function outputOf(job: RemoteJob, target: Target, deps: ActivityDeps): Promise<JsonValue | undefined> {
  if (job.output === undefined || job.status !== 'COMPLETED') return job.output;
  return mapOutput(job.output, target, deps).catch((error: unknown) => {
    throw toOutputRejected(error, detailsOf(job, target.endpoint, deps));
  });
}

function detailsOf(job: RemoteJob, endpoint: string, { config }: ActivityDeps): JobEndDetails {
  return endDetails(job, endpoint, config, job, true);
}
