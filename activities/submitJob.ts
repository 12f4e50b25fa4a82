import { activityInfo, Context, getClient } from '@temporalio/activity';
import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { ApiKeyMissing } from '../config/index.js';
import { CircuitOpen } from '../job-api/circuits/circuit.js';
import { JobApiError, SubmitAmbiguous, Unauthorized } from '../job-api/errors.js';
import type { JobHandle } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import { submitEvent } from './circuits.js';
import type { SubmitJobRequest, SubmitJobResult, SubmitPhase } from './contract.js';
import { correlationKeyFor } from './correlation.js';
import type { ActivityDeps } from './deps.js';
import { finalFailure, toFailure } from './failure.js';
import { countOne } from './metrics.js';
import { adoptNamed } from './named-job.js';
import { describeOwnRun } from './own-run.js';
import { prepareSubmit } from './prepare-submit.js';
import { stayWithQuickJob } from './quick-job.js';
import { reportSettled } from './report-settled.js';
import { settle } from './settle.js';
import { isPatienceOver } from './submit-patience.js';

/** A POST that takes longer is kept alive by heartbeats; most take milliseconds and need none. */
const KEEP_ALIVE_MS = 3_000;
/** Time to cancel a job that lost its run while it was being submitted. */
const ORPHAN_BUDGET_MS = 30_000;

/**
 * Submits a job exactly once, or says that it cannot know. Each phase is put on record by a heartbeat that the server
 * acknowledged, so that whatever becomes of this process, the next attempt or the workflow knows how far it got:
 * nothing or `refused` is safe to repeat, `sending` is ambiguous, `accepted` holds the handle.
 *
 * A cancel that arrives while the POST is under way does not stop it: its answer names the job that must be settled.
 */
export async function submitJob(given: SubmitJobRequest, deps: ActivityDeps): Promise<SubmitJobResult> {
  const context = Context.current();
  const before = context.info.heartbeatDetails as SubmitPhase | undefined;
  if (before?.phase === 'accepted') return { handle: before.handle };
  if (before?.phase === 'sending') {
    throw finalFailure(
      'SubmitAmbiguous',
      'an earlier attempt sent this job and ended before its answer was recorded',
      before,
    );
  }

  const request = withKey(given, deps, context);
  const { target, elsewhere = false, correlationKey } = request;
  const key = correlationKey === undefined ? {} : { correlationKey };
  const api = apiOf(request, deps);
  const circuit = deps.circuit(target.provider, target.endpointId);
  const body = await prepareSubmit(withWebhook(request, deps, context), deps, api.maxBodyBytes.run).catch(
    (error: unknown) => {
      throw toFailure(error, { phase: 'refused' } satisfies SubmitPhase);
    },
  );

  let phase: SubmitPhase = { phase: 'refused' };
  let beating = false;
  // Not earlier: a job that waits for its place within the limits has not been sent, and must not look as if it was.
  const beforeSend = async () => {
    phase = { phase: 'sending', ...key };
    await acknowledge(phase);
  };
  const keepAlive = setInterval(() => {
    beating = true;
    context.heartbeat(phase);
  }, KEEP_ALIVE_MS);
  try {
    const submittedAt = new Date().toISOString();
    await circuit?.admit({ hasSubstitute: elsewhere });
    const job = await api
      .run(target.endpointId, body, { beforeSend })
      .catch((error: unknown) => adoptNamed(error, { api, target, context }));
    circuit?.record('submit-accepted');
    const handle: JobHandle = {
      provider: target.provider,
      endpointId: job.endpointId ?? target.endpointId,
      jobId: job.jobId,
      submittedAt,
      ttlMs: request.ttlMs,
      retentionMs: api.retentionMs.run,
      ...key,
    };
    phase = { phase: 'accepted', handle };
    // The SDK sends the last plain heartbeat late: one that still says `sending` must not come after the record.
    if (beating) context.heartbeat(phase);
    countOne(context, 'submitted', `${handle.provider}/${handle.endpointId}`);
    const isRecorded = await recordAccepted(phase, deps);
    if (!isRecorded || request.stay === undefined) return { handle };
    const stay = await stayWithQuickJob({ handle, endpoint: target.endpoint, ...request.stay }, deps, context);
    if (stay?.kind === 'completed') return { handle, completed: stay.completed };
    // The run may have closed while nobody looked.
    if (stay !== undefined) await recordAccepted(phase, deps);
    return { handle };
  } catch (error) {
    const seen = submitEvent(error);
    if (seen !== undefined) circuit?.record(seen);
    if (error instanceof SubmitAmbiguous || !(error instanceof JobApiError)) throw toFailure(error, phase);
    // Held back or refused before anything was sent, there is nothing on record to correct.
    if (phase.phase !== 'refused') {
      phase = { phase: 'refused' };
      await recordRefused(phase);
    }
    // Not waited for where the job can go elsewhere.
    if (error instanceof CircuitOpen && elsewhere) throw toFailure(error, { ...phase, circuit: 'open' }, 'final');
    const waitedMs = Date.now() - activityInfo().scheduledTimestampMs;
    throw toFailure(error, phase, isPatienceOver(error, waitedMs, request.patienceMs) ? 'final' : 'by-error');
  } finally {
    clearInterval(keepAlive);
  }
}

/**
 * A worker without the provider's key, or with one that can be none, leaves the submit to others; where the job can go
 * elsewhere, it does so after a while, as with a key that is refused.
 */
function apiOf({ target, patienceMs = Number.POSITIVE_INFINITY }: SubmitJobRequest, deps: ActivityDeps): JobApi {
  try {
    return deps.jobApi(target.provider);
  } catch (error) {
    const isKey = error instanceof ApiKeyMissing || error instanceof Unauthorized;
    if (!isKey || Date.now() - activityInfo().scheduledTimestampMs < patienceMs) throw error;
    throw finalFailure('Unauthorized', error.message, { phase: 'refused' } satisfies SubmitPhase);
  }
}

/** The key is on record with the intent, before anything is sent. */
function withKey(given: SubmitJobRequest, deps: ActivityDeps, { info }: Context): SubmitJobRequest {
  const { correlationKey: _, ...request } = given;
  const correlationKey = correlationKeyFor(given, deps, info);
  return correlationKey === undefined ? request : { ...request, correlationKey };
}

/** The address is made here and sent from here, so that it stands in no history. */
function withWebhook(request: SubmitJobRequest, { webhooks }: ActivityDeps, { info }: Context): SubmitJobRequest {
  const wanted = request.webhook === undefined && request.target.webhook !== undefined;
  if (!wanted || webhooks === undefined || info.workflowExecution === undefined) return request;
  const { workflowId, runId } = info.workflowExecution;
  return { ...request, webhook: webhooks.urlFor({ workflowId, runId, submit: info.activityId }) };
}

async function heartbeatAcknowledged(phase: SubmitPhase): Promise<void> {
  await getClient().activity.heartbeat(activityInfo().taskToken, phase);
}

/** Before the POST: if the server does not take the intent, nothing is sent. */
async function acknowledge(phase: SubmitPhase): Promise<void> {
  try {
    await heartbeatAcknowledged(phase);
  } catch (error) {
    if (error instanceof ActivityCancelledError || error instanceof ActivityNotFoundError) {
      throw new CancelledFailure('cancelled before anything was sent', [{ phase: 'refused' } satisfies SubmitPhase]);
    }
    throw error;
  }
}

/** After a certain refusal. If it cannot be recorded, the next attempt finds `sending` and counts an ambiguous submit. */
async function recordRefused(phase: SubmitPhase): Promise<void> {
  // The failure that follows carries the details of the last plain heartbeat.
  Context.current().heartbeat(phase);
  await heartbeatAcknowledged(phase).catch(() => undefined);
}

/**
 * After the answer. The handle is also the activity's result, so a failed record matters only if this process dies now.
 * False where it failed, or where the run wants the activity to end.
 */
async function recordAccepted(
  phase: Extract<SubmitPhase, { phase: 'accepted' }>,
  deps: ActivityDeps,
): Promise<boolean> {
  const context = Context.current();
  try {
    await heartbeatAcknowledged(phase);
    return true;
  } catch (error) {
    // Cancelled, paused or reset: the details were recorded all the same. No answer: the result will carry the handle.
    if (!(error instanceof ActivityNotFoundError)) return false;
    const { workflowExecution: run, activityId } = context.info;
    if (run === undefined || (await describeOwnRun(getClient(), run, activityId, 'submits')) !== 'orphaned')
      return false;
    const { handle } = phase;
    const since = Date.now();
    const settled = await settle(deps.jobApi(handle.provider), handle, { deadline: since + ORPHAN_BUDGET_MS });
    reportSettled(context, { handle, ...settled, since, why: 'the run ended while its job was being submitted' });
    return false;
  }
}
