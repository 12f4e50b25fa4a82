import { randomUUID } from 'node:crypto';
import { builtInEndpoints } from './built-in-endpoints.js';
import type { Clock } from './clock.js';
import { EndpointRuntime, type EndpointRuntimeOptions, type FullHealth } from './endpoint-runtime.js';
import type { EndpointDefinition } from './handler.js';
import { Job, type JobRequest } from './job.js';
import { type JobFault, withJobFault } from './job-faults.js';
import { type LedgerEntry, ledgerEntry } from './ledger.js';
import type { RemoteWorkers } from './remote-workers.js';
import type { UnavailableWorkers } from './worker-pool.js';

/** All endpoints and all jobs, without a word of HTTP: what every dialect's routes speak to. */
export class JobEngine {
  readonly #clock: Clock;
  readonly #onEnd: (job: Job) => void;
  readonly #workerLeaseMs: number | undefined;
  readonly #builtIn: Readonly<Record<string, EndpointDefinition>>;
  readonly #endpoints = new Map<string, EndpointRuntime>();
  /** What the API still knows. */
  readonly #jobs = new Map<string, Job>();
  /** Every job ever accepted, in that order. */
  readonly #accepted: Job[] = [];
  readonly #deletions = new Map<Job, { readonly at: number; cancel(): void }>();

  constructor({ clock, onEnd, workerLeaseMs }: EndpointRuntimeOptions) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#workerLeaseMs = workerLeaseMs;
    this.#builtIn = builtInEndpoints(clock);
    for (const id of Object.keys(this.#builtIn)) this.register(id, {});
  }

  /** Adds an endpoint, or replaces one for the jobs that start from now on. */
  register(endpointId: string, definition: EndpointDefinition): void {
    this.#endpoint(endpointId).define({ ...this.#builtIn[endpointId], ...definition });
  }

  /** Accepts a job. An endpoint that nobody registered queues it, for it has no worker. */
  submit(endpointId: string, { idPrefix, ...request }: JobRequest & { readonly idPrefix: '' | 'sync-' }): Job {
    // The suffix is RunPod's for the region.
    const job = new Job({ id: `${idPrefix}${randomUUID()}-u1`, endpointId }, request, this.#clock);
    this.#jobs.set(job.id, job);
    this.#accepted.push(job);
    this.#deleteAt(job, job.acceptedAt + request.ttlMs);
    this.#endpoint(endpointId).accept(job);
    return job;
  }

  /** Takes workers of the endpoint's handler out of service, or puts them back. */
  setUnavailable(endpointId: string, workers: UnavailableWorkers): void {
    this.#endpoint(endpointId).setUnavailable(workers);
  }

  isQueueFull(endpointId: string): boolean {
    return this.#endpoints.get(endpointId)?.isQueueFull ?? false;
  }

  find(endpointId: string, jobId: string): Job | undefined {
    const job = this.#jobs.get(jobId);
    return job?.endpointId === endpointId ? job : undefined;
  }

  /** Has something go wrong with the job from now on. The worker of a running job is lost at once. */
  afflict(job: Job, fault: JobFault): void {
    if (fault.kind !== 'lose-worker' || !job.isRunning) {
      job.faults = withJobFault(job.faults, fault);
      return;
    }
    job.faults = withJobFault(job.faults, { ...fault, losses: (fault.losses ?? 1) - 1 });
    this.loseWorker(job);
  }

  /** Does nothing to a job that has ended. */
  cancel(job: Job): void {
    this.#endpoint(job.endpointId).cancel(job);
  }

  /** The worker of a running job is gone: the job is given to another, once, and fails after that. */
  loseWorker(job: Job): void {
    this.#endpoint(job.endpointId).loseWorker(job);
  }

  /** Queues a FAILED or TIMED_OUT job again under its id; false for any other. */
  retry(job: Job): boolean {
    if (!this.#endpoint(job.endpointId).retry(job)) return false;
    this.#deleteAt(job, job.acceptedAt + job.request.ttlMs);
    return true;
  }

  /** Cancels what is queued; returns how many jobs that were. */
  purgeQueue(endpointId: string): number {
    return this.#endpoints.get(endpointId)?.purge() ?? 0;
  }

  /** Makes the API forget the job from now on, and stops its handler. */
  delete(job: Job): void {
    this.#deletions.get(job)?.cancel();
    this.#deletions.delete(job);
    this.#jobs.delete(job.id);
    this.#endpoint(job.endpointId).delete(job);
  }

  /** Brings the deletion of an ended job forward, never back. */
  shortenRetention(job: Job, retentionMs: number): void {
    const deletion = this.#deletions.get(job);
    const at = this.#clock.now() + retentionMs;
    if (!job.isLive && deletion && at < deletion.at) this.#deleteAt(job, at);
  }

  /** The endpoint's workers that are processes of their own, by the protocol of `routes/worker.ts`. */
  remoteWorkers(endpointId: string): RemoteWorkers {
    return this.#endpoint(endpointId).remoteWorkers;
  }

  health(endpointId: string): FullHealth {
    const endpoint = this.#endpoints.get(endpointId) ?? this.#newRuntime();
    return endpoint.health();
  }

  ledger(): LedgerEntry[] {
    return this.#accepted.map(ledgerEntry);
  }

  /** Stops every handler and timer. */
  close(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.close();
    for (const deletion of this.#deletions.values()) deletion.cancel();
    this.#deletions.clear();
  }

  #endpoint(endpointId: string): EndpointRuntime {
    const known = this.#endpoints.get(endpointId);
    if (known) return known;
    const endpoint = this.#newRuntime();
    this.#endpoints.set(endpointId, endpoint);
    return endpoint;
  }

  #newRuntime(): EndpointRuntime {
    return new EndpointRuntime({
      clock: this.#clock,
      workerLeaseMs: this.#workerLeaseMs,
      onEnd: (job) => {
        const ttlEnd = job.acceptedAt + job.request.ttlMs;
        this.#deleteAt(job, Math.min(ttlEnd, this.#clock.now() + job.request.retentionMs));
        this.#onEnd(job);
      },
    });
  }

  #deleteAt(job: Job, at: number): void {
    this.#deletions.get(job)?.cancel();
    const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.delete(job));
    this.#deletions.set(job, { at, cancel });
  }
}
