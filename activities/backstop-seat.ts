import { type Clock, systemClock } from '../job-api/clock.js';
import type { RemoteJob } from '../job-api/job.js';
import type { PollSeat, PollTurn, SeatedJob, TurnOptions } from '../job-api/polling/poll-seat.js';
import { type LastRead, toBeReadBy } from '../job-api/polling/result-life.js';

/** What the follower of a job needs of its place, in the schedule of the endpoint or outside of it. */
export type JobSeat = Pick<PollSeat, 'turn' | 'told' | 'longPollUnsupported' | 'leave'>;

export interface BackstopOptions {
  /** The job that has it, and when it was last known to be alive. */
  readonly job: SeatedJob;
  /** Between two reads of a job of which nobody said anything. */
  readonly backstopMs: number;
  /** The webhook has come already. */
  readonly woken: boolean;
  /** Calls back when it comes to this process; returns what stops that. */
  readonly onArrival: (arrived: () => void) => () => void;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** After a webhook, from one read to the next: a provider may tell that a job has ended before its reads do. */
const REREAD_MS = [300, 700, 1_500, 3_000, 6_000] as const;
/** A read that failed is not repeated at once, however soon the result may be gone. */
const LEAST_MS = 1_000;
/** Only ever less than the whole: a webhook that is lost costs one interval, and not more. */
const JITTER = 0.1;

/**
 * The place of a job whose provider sends a webhook: it is read at once, when its webhook comes, and by the backstop. The
 * schedule of its endpoint has nothing to do with it.
 */
export class BackstopSeat implements JobSeat {
  readonly #backstopMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #stopListening: () => void;
  #lastReadAt: number | undefined;
  #life: LastRead;
  #rereads: number[];
  #woken = false;
  #ring: () => void = () => undefined;

  constructor({ job, backstopMs, woken, onArrival, clock = systemClock, random = Math.random }: BackstopOptions) {
    const { submittedAt, aliveAt = submittedAt, ...retention } = job;
    this.#life = { ...retention, submittedAtMs: Date.parse(submittedAt), aliveAtMs: Date.parse(aliveAt) };
    this.#backstopMs = backstopMs;
    this.#clock = clock;
    this.#random = random;
    this.#rereads = woken ? [...REREAD_MS] : [];
    this.#stopListening = onArrival(() => {
      this.#woken = true;
      this.#rereads = [...REREAD_MS];
      this.#ring();
    });
  }

  async turn({ capMs, windowMs = Number.POSITIVE_INFINITY, signal }: TurnOptions): Promise<PollTurn> {
    const now = this.#clock.now();
    const dueAt = Math.min(now + capMs, this.#nextReadAt(now));
    const leaveAt = now + windowMs;
    await this.#wait(Math.min(dueAt, leaveAt) - now, signal);
    if (!this.#woken && dueAt > leaveAt) return { kind: 'leave', comeBackMs: dueAt - leaveAt };
    this.#woken = false;
    this.#lastReadAt = this.#clock.now();
    return { kind: 'status' };
  }

  told(job: RemoteJob | undefined): void {
    if (job !== undefined) this.#life = { ...this.#life, aliveAtMs: this.#clock.now() };
  }

  /** It asks for none. */
  longPollUnsupported(): void {}

  leave(): void {
    this.#stopListening();
  }

  #nextReadAt(now: number): number {
    // The job may have ended while nobody followed it.
    if (this.#woken || this.#lastReadAt === undefined) return now;
    const reread = this.#rereads.shift();
    if (reread !== undefined) return this.#lastReadAt + reread;
    const backstopAt = this.#lastReadAt + this.#backstopMs * (1 - JITTER * this.#random());
    return Math.min(backstopAt, Math.max(toBeReadBy(this.#life), this.#lastReadAt + LEAST_MS));
  }

  async #wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (ms <= 0) return;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => () => {
        cancelTimer();
        signal?.removeEventListener('abort', abort);
        this.#ring = () => undefined;
        settle();
      };
      const abort = end(() => reject(signal?.reason));
      this.#ring = end(resolve);
      const cancelTimer = this.#clock.after(Math.ceil(ms), this.#ring);
      signal?.addEventListener('abort', abort);
    });
  }
}
