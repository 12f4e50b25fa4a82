/** From a history as Temporal's server tells it to the events that say something of jobs. */
import type { Client } from '@temporalio/client';
import type { LoadedDataConverter, Payload } from '@temporalio/common';
import { decodePayload } from '../encryption/index.js';
import type { NESTED_REPORT_SIGNAL } from '../workflows/nested-contract.js';
import {
  JOB_ACTIVITIES,
  type JobEvent,
  type JobsOfRun,
  jobsOfRun,
  type PendingActivity,
} from './handles-in-history.js';

type RunHandle = ReturnType<Client['workflow']['getHandle']>;
type History = Awaited<ReturnType<RunHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];
type Failure = NonNullable<HistoryEvent['activityTaskFailedEventAttributes']>['failure'];
type Payloads = { readonly payloads?: Payload[] | null } | null | undefined;

/** The one signal of ours that tells of jobs. Other people's are not even decoded: what they hold may not be for us. */
const TELLS_OF_JOBS: typeof NESTED_REPORT_SIGNAL = 'nestedReport';

export type Description = Awaited<ReturnType<RunHandle['describe']>>;

/**
 * The jobs of one run: of its history, and of the last heartbeats of what was under way.
 *
 * @throws whatever the converter throws at a payload that is not for it: a codec without its key.
 */
export async function readJobs(client: Client, history: History, { raw }: Description): Promise<JobsOfRun> {
  const converter = client.options.loadedDataConverter;
  const events: JobEvent[] = [];
  const scheduled = new Set<string>();
  for (const event of history.events ?? []) {
    const read = await readEvent(event, scheduled, converter);
    if (read === undefined) continue;
    if (read.kind === 'scheduled') scheduled.add(read.id);
    events.push(read);
  }
  const pending: PendingActivity[] = [];
  for (const { activityType, activityId, heartbeatDetails } of raw.pendingActivities ?? []) {
    const type = activityType?.name ?? '';
    if (type !== 'submitJob') continue;
    const [details] = await decode(heartbeatDetails, converter);
    pending.push({ type, details, ...(activityId && { activityId }) });
  }
  return jobsOfRun(events, pending);
}

async function readEvent(
  event: HistoryEvent,
  scheduled: ReadonlySet<string>,
  converter: LoadedDataConverter,
): Promise<JobEvent | undefined> {
  const started = event.activityTaskScheduledEventAttributes;
  const type = started?.activityType?.name ?? '';
  if (started && JOB_ACTIVITIES.has(type)) {
    const [input] = await decode(started.input, converter);
    const { activityId } = started;
    return { kind: 'scheduled', id: String(event.eventId), type, input, ...(activityId && { activityId }) };
  }
  if (event.workflowTaskCompletedEventAttributes) return { kind: 'decided', atMs: timeOf(event) };

  const completed = event.activityTaskCompletedEventAttributes;
  const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  const cancelled = event.activityTaskCanceledEventAttributes;
  const ended = completed ?? failed ?? cancelled;
  if (ended) {
    const scheduledId = String(ended.scheduledEventId);
    // Of somebody's own, it may hold much, and nothing of this.
    if (!scheduled.has(scheduledId)) return undefined;
    if (completed) {
      const [result] = await decode(completed.result, converter);
      return { kind: 'completed', scheduledId, result };
    }
    const payloads = cancelled ? cancelled.details : detailsOf(failed?.failure);
    return { kind: 'failed', scheduledId, details: await decode(payloads, converter), atMs: timeOf(event) };
  }

  const signal = event.workflowExecutionSignaledEventAttributes;
  const completedChild = event.childWorkflowExecutionCompletedEventAttributes;
  const failedChild = event.childWorkflowExecutionFailedEventAttributes;
  const told =
    (isOurs(completedChild) && completedChild?.result) ||
    (isOurs(failedChild) && detailsOf(failedChild?.failure)) ||
    (signal?.signalName === TELLS_OF_JOBS && signal.input);
  return told ? { kind: 'told', value: await decode(told, converter) } : undefined;
}

function timeOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1_000 + Math.floor((eventTime?.nanos ?? 0) / 1e6);
}

/** Children that tell of their jobs. */
function isOurs(
  child: { readonly workflowType?: { readonly name?: string | null } | null } | null | undefined,
): boolean {
  const type = child?.workflowType?.name;
  return type === 'slice' || type === 'nested';
}

/** What the failure, or the first of its causes that has something to tell, says. */
function detailsOf(failure: Failure): Payloads {
  for (let at = failure; at; at = at.cause) {
    const details =
      at.applicationFailureInfo?.details ??
      at.timeoutFailureInfo?.lastHeartbeatDetails ??
      at.canceledFailureInfo?.details;
    if (details?.payloads?.length) return details;
  }
  return undefined;
}

async function decode(encoded: Payloads, converter: LoadedDataConverter): Promise<readonly unknown[]> {
  return await Promise.all((encoded?.payloads ?? []).map((payload) => decodePayload(payload, converter)));
}
