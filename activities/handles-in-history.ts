/** Which remote jobs a run has had, and which of them it saw end: read from what Temporal wrote down. Pure. */
import type { JobHandle } from '../job-api/job.js';

/** An event of a history, as far as it tells of jobs, its payloads decoded. */
export type JobEvent =
  /** An activity of ours, by the id of its event. */
  | {
      readonly kind: 'scheduled';
      readonly id: string;
      readonly type: string;
      readonly input: unknown;
      /** By which what comes later names it. */
      readonly activityId?: string;
    }
  | { readonly kind: 'completed'; readonly scheduledId: string; readonly result: unknown }
  /** It failed, timed out or was cancelled: what it had to tell then, or had told last. */
  | {
      readonly kind: 'failed';
      readonly scheduledId: string;
      readonly details: readonly unknown[];
      /** Epoch milliseconds. */
      readonly atMs?: number;
    }
  /** The code of the run has acted on all that happened before. */
  | { readonly kind: 'decided'; readonly atMs: number }
  /** Said by a child, in its result, its failure or a signal. */
  | { readonly kind: 'told'; readonly value: unknown };

/** An activity that was under way when the run closed. */
export interface PendingActivity {
  readonly type: string;
  readonly activityId?: string;
  /** Of its last heartbeat. */
  readonly details: unknown;
}

export interface JobsOfRun {
  /** Every job that the run knows of, by {@link jobKey}. */
  readonly known: ReadonlyMap<string, JobHandle>;
  /** Those that it did not see end. */
  readonly unended: readonly JobHandle[];
  /** Those of them that it gave up: nothing of the run looks after them, though it may be open. */
  readonly abandoned: readonly JobHandle[];
  /** Submits whose fate is not known. */
  readonly suspectedDuplicates: number;
  /** The endpoints (`provider/endpointId`) of those that the code of the run has not lived to see. */
  readonly unseen: readonly string[];
}

/** Two handles with the same key are of the same job. */
export function jobKey({ provider, endpointId, jobId }: Pick<JobHandle, 'provider' | 'endpointId' | 'jobId'>): string {
  return JSON.stringify([provider, endpointId, jobId]);
}

/** Activities whose events tell of jobs. */
export const JOB_ACTIVITIES: ReadonlySet<string> = new Set([
  'submitJob',
  'awaitJob',
  'streamJob',
  'cancelJob',
  'retryJob',
]);

/**
 * Takes the handles from wherever the workflows of this package, and people's own that run jobs, put them: results and
 * last heartbeats of submits, inputs of what follows a job, and what slices and nested pipelines say of theirs.
 */
export function jobsOfRun(events: Iterable<JobEvent>, pending: readonly PendingActivity[] = []): JobsOfRun {
  const jobs = new Jobs();
  const scheduled = new Map<string, ScheduledActivity>();
  for (const event of events) {
    switch (event.kind) {
      case 'scheduled': {
        const { type, input } = event;
        const handle = handleIn(input);
        scheduled.set(event.id, { ...event, handle });
        if (handle !== undefined) jobs.start(handle);
        // A wait for the job of a submit whose answer was lost: its webhook named it.
        jobs.adopted(field(field(input, 'webhook'), 'submit'));
        // Back in the queue under the same id, it runs once more.
        if (type === 'retryJob') jobs.revive(field(input, 'handle'));
        break;
      }
      case 'completed':
      case 'failed': {
        const activity = scheduled.get(event.scheduledId);
        if (activity !== undefined) readEnd(activity, event, jobs);
        break;
      }
      case 'decided':
        jobs.decided(event.atMs);
        break;
      case 'told':
        readSettlements(event.value, jobs);
    }
  }
  for (const { type, details, activityId } of pending) {
    const activity = [...scheduled.values()].find((one) => activityId !== undefined && one.activityId === activityId);
    if (type === 'submitJob') jobs.submitted(details, activity);
  }
  return jobs;
}

interface ScheduledActivity {
  readonly type: string;
  readonly input: unknown;
  readonly activityId?: string;
  readonly handle: JobHandle | undefined;
}

/** A submit whose fate is not known. */
interface Suspect {
  readonly activityId: string | undefined;
  readonly endpoint: string;
  /** From when on the run has given up to wait for its webhook, if it has gone on. */
  readonly givenUpMs: number;
  isSeen: boolean;
}

class Jobs implements JobsOfRun {
  readonly known = new Map<string, JobHandle>();
  readonly #ended = new Set<string>();
  readonly #abandoned = new Set<string>();
  #suspects: Suspect[] = [];

  get suspectedDuplicates(): number {
    return this.#suspects.length;
  }

  get unseen(): string[] {
    return this.#suspects.flatMap(({ isSeen, endpoint }) => (isSeen ? [] : [endpoint]));
  }

  get unended(): JobHandle[] {
    return [...this.known].flatMap(([key, handle]) => (this.#ended.has(key) ? [] : [handle]));
  }

  get abandoned(): JobHandle[] {
    return this.unended.filter((handle) => this.#abandoned.has(jobKey(handle)));
  }

  start(handle: JobHandle): void {
    this.known.set(jobKey(handle), handle);
  }

  end(handle: JobHandle): void {
    this.#ended.add(jobKey(handle));
  }

  abandon(handle: JobHandle): void {
    this.start(handle);
    this.#abandoned.add(jobKey(handle));
  }

  revive(handle: unknown): void {
    this.#ended.delete(jobKey((handle ?? {}) as JobHandle));
  }

  /** By the phase that a submit had on record when it came to its end, or that of its run. */
  submitted(details: unknown, activity: ScheduledActivity | undefined, endedMs = 0): void {
    const handle = handleIn(details);
    if (handle !== undefined) this.start(handle);
    if (handle !== undefined && field(details, 'completed') !== undefined) this.end(handle);
    if (handle !== undefined || field(details, 'phase') !== 'sending') return;
    const target = field(activity?.input, 'target');
    const adoptMs = Number(field(field(target, 'webhook'), 'adoptMs') ?? 0);
    this.#suspects.push({
      activityId: activity?.activityId,
      endpoint: `${field(target, 'provider') ?? 'unknown'}/${field(target, 'endpointId') ?? 'unknown'}`,
      givenUpMs: endedMs + adoptMs,
      isSeen: false,
    });
  }

  /** The submit with this id has its job. */
  adopted(submit: unknown): void {
    if (submit === undefined) return;
    this.#suspects = this.#suspects.filter(({ activityId }) => activityId !== submit);
  }

  decided(atMs: number): void {
    for (const suspect of this.#suspects) suspect.isSeen ||= atMs >= suspect.givenUpMs;
  }
}

function readEnd(
  activity: ScheduledActivity,
  event: Extract<JobEvent, { kind: 'completed' | 'failed' }>,
  jobs: Jobs,
): void {
  const { type, handle } = activity;
  const [said] = event.kind === 'completed' ? [event.result] : event.details;
  if (type === 'submitJob') jobs.submitted(said, activity, event.kind === 'failed' ? event.atMs : undefined);
  if (handle === undefined) return;
  switch (type) {
    case 'awaitJob':
    case 'streamJob':
      if (event.kind === 'completed' || field(said, 'ended') === true) jobs.end(handle);
      break;
    case 'cancelJob':
      if (event.kind === 'completed' && field(said, 'outcome') !== 'unconfirmed') jobs.end(handle);
      else jobs.abandon(handle);
  }
}

/** Settlements, wherever they stand in what a child said: a shape of ours that may be deep in a result of anyone's. */
function readSettlements(value: unknown, jobs: Jobs): void {
  if (typeof value !== 'object' || value === null) return;
  const handle = handleIn(value);
  if (handle !== undefined && field(value, 'settled') === 'unconfirmed') jobs.abandon(handle);
  else for (const part of Object.values(value)) readSettlements(part, jobs);
}

/** The handle in a request, a result or a heartbeat, if it is whole: some requests have a part of one. */
function handleIn(value: unknown): JobHandle | undefined {
  const handle = field(value, 'handle');
  const { provider, endpointId, jobId, submittedAt, ttlMs } = (handle ?? {}) as Partial<JobHandle>;
  const isWhole = [provider, endpointId, jobId, submittedAt].every((part) => typeof part === 'string');
  return isWhole && typeof ttlMs === 'number' ? (handle as JobHandle) : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
