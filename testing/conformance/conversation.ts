import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type RemoteJob, type SubmitRequest } from '../../job-api/index.js';
import type { ConformanceOptions, Sample } from './options.js';
import { type Exchange, type JobPlace, Probe } from './probe.js';
import type { Verdicts } from './report.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const PATIENCE_MS = 5 * 60_000;

/** A job did not end within the patience of the suite: what builds on its end can't be checked. */
export class NotEnded extends Error {
  override readonly name = 'NotEnded';
}

/** What the checks work with: the deployment, what to send it, and the jobs that were made there. */
export class Conversation {
  readonly probe: Probe;
  readonly verdicts: Verdicts;
  readonly options: ConformanceOptions;
  readonly #open = new Map<string, JobPlace>();
  #submitted = 0;

  constructor(options: ConformanceOptions, probe: Probe, verdicts: Verdicts) {
    this.options = options;
    this.probe = probe;
    this.verdicts = verdicts;
  }

  /** How many jobs were accepted. */
  get submitted(): number {
    return this.#submitted;
  }

  endpointOf(sample: Sample): string {
    return sample.endpointId ?? this.options.endpointId;
  }

  async submit(
    sample: Sample,
    request: Omit<SubmitRequest, 'input'> = {},
  ): Promise<Exchange<RemoteJob> & { readonly place?: JobPlace }> {
    const endpointId = this.endpointOf(sample);
    const exchange = await this.probe.run(endpointId, { input: sample.input, ...this.#model(), ...request });
    return { ...exchange, ...this.#remember(endpointId, exchange) };
  }

  async submitAndWait(sample: Sample, waitMs: number): Promise<Exchange<RemoteJob> & { readonly place?: JobPlace }> {
    const endpointId = this.endpointOf(sample);
    const exchange = await this.probe.runSync(endpointId, { input: sample.input, ...this.#model() }, waitMs);
    return { ...exchange, ...this.#remember(endpointId, exchange) };
  }

  /** A job that was accepted, or undefined. */
  async jobOf(sample: Sample, request?: Omit<SubmitRequest, 'input'>): Promise<JobPlace | undefined> {
    return (await this.submit(sample, request)).place;
  }

  /**
   * Reads a job until `enough`, which is its end unless given.
   *
   * @throws {NotEnded}
   */
  async read(place: JobPlace, enough: (job: RemoteJob) => boolean = hasEnded): Promise<RemoteJob> {
    const { patienceMs = PATIENCE_MS, signal } = this.options;
    const deadline = performance.now() + patienceMs;
    let last = 'it was never read';
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
      const { outcome } = await this.probe.status(place);
      if (outcome.kind === 'value') {
        if (isTerminal(outcome.value.status)) this.#open.delete(place.jobId);
        if (enough(outcome.value)) return outcome.value;
        last = outcome.value.status;
      } else last = outcome.error.message;
      if (performance.now() > deadline) {
        throw new NotEnded(`job ${place.jobId} was not there yet after ${patienceMs} ms: ${last}`);
      }
      await delay(pauseMs, undefined, signal && { signal });
    }
  }

  /** Cancels what was submitted and not seen to end; also where the suite was told to stop. */
  async settle(): Promise<void> {
    const probe = new Probe(this.options);
    try {
      await Promise.all([...this.#open.values()].map((place) => probe.cancel(place)));
    } finally {
      await probe.close();
    }
  }

  #model(): Pick<SubmitRequest, 'model'> {
    return this.options.model === undefined ? {} : { model: this.options.model };
  }

  #remember(endpointId: string, { outcome }: Exchange<RemoteJob>): { readonly place?: JobPlace } {
    if (outcome.kind === 'error') return {};
    this.#submitted += 1;
    const { jobId, status, endpointId: chosen = endpointId } = outcome.value;
    const place = { endpointId: chosen, jobId };
    if (!isTerminal(status)) this.#open.set(jobId, place);
    this.options.signal?.throwIfAborted();
    return { place };
  }
}

function hasEnded({ status }: RemoteJob): boolean {
  return isTerminal(status);
}
