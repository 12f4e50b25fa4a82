import type { JobStatus, RemoteJob } from '../job.js';
import { type Due, NOWHERE } from './due-queue.js';
import { type LastRead, type Retention, toBeReadBy, unseenSince } from './result-life.js';

/** How a waiting job is to be read, now. */
export type PollTurn =
  /** Read the status. */
  | { readonly kind: 'status' }
  /** Let the provider hold the request until the job has ended or the wait is over. */
  | { readonly kind: 'long-poll'; readonly waitMs: number }
  /** The window is over and the job is not due: come back then. */
  | { readonly kind: 'leave'; readonly comeBackMs: number };

export interface TurnOptions {
  /** By then the job is to be read, whatever is known of it: the next limit of the job. */
  readonly capMs: number;
  /** How long a turn is waited for. Absent: for as long as it takes. */
  readonly windowMs?: number;
  /** Gives the turn up; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a schedule does for its seats. */
export interface SeatSchedule {
  turn(seat: PollSeat, options: TurnOptions): Promise<PollTurn>;
  told(seat: PollSeat, job: RemoteJob | undefined): void;
  longPollUnsupported(): void;
  leave(seat: PollSeat): void;
}

export interface PendingTurn {
  readonly mustAt: number;
  readonly leaveAt: number;
  readonly resolve: (turn: PollTurn) => void;
}

/** A job that takes a seat. */
export interface SeatedJob extends Retention {
  readonly jobId: string;
  /** ISO 8601. */
  readonly submittedAt: string;
  /** When the provider last said that it had not ended, ISO 8601, where somebody has read it before. */
  readonly aliveAt?: string | undefined;
}

const REREAD_MS = 1_000;

let seats = 0;

/** A waiting job's place in the schedule of its endpoint. What is not documented as a request is the schedule's own. */
export class PollSeat implements Due {
  readonly submittedAtMs: number;
  readonly jobId: string;
  readonly number = seats++;
  readonly #schedule: SeatSchedule;

  dueAt = 0;
  place = NOWHERE;
  /** When the schedule wants it read; it may be due earlier, by a limit of its own. */
  wantedAt = 0;
  pending: PendingTurn | undefined;
  status: JobStatus | undefined;
  lastReadAt: number | undefined;
  /** When it was last known not to have ended. */
  aliveAt: number;
  readonly #retention: Retention;
  /** Since when it is running, at the earliest. */
  runningFrom: number;
  longPoll: { readonly since: number; readonly waitMs: number; readonly status: JobStatus | undefined } | undefined;
  cameBackEarly = false;
  /** Was due for its first read, and left to the sweep. */
  swept = false;

  constructor({ submittedAt, jobId, aliveAt, ...retention }: SeatedJob, schedule: SeatSchedule) {
    this.submittedAtMs = Date.parse(submittedAt);
    this.runningFrom = this.submittedAtMs;
    this.aliveAt = aliveAt === undefined ? this.submittedAtMs : Date.parse(aliveAt);
    this.#retention = retention;
    this.jobId = jobId;
    this.#schedule = schedule;
  }

  /** Resolves when the job is to be read. Ask again after the read was told. */
  turn(options: TurnOptions): Promise<PollTurn> {
    return this.#schedule.turn(this, options);
  }

  /** What a read told; undefined where it failed. */
  told(job: RemoteJob | undefined): void {
    this.#schedule.told(this, job);
  }

  /** The provider knows the job, and has no long poll (404 or 405): none will be asked for again on this endpoint. */
  longPollUnsupported(): void {
    this.#schedule.longPollUnsupported();
  }

  /** Gives the place up; leaving twice does nothing. */
  leave(): void {
    this.#schedule.leave(this);
  }

  /** By then it is to be read, lest its result disappears; a read that failed is not repeated at every turn. */
  get toBeReadBy(): number {
    return Math.max(toBeReadBy(this.#lastRead), (this.lastReadAt ?? Number.NEGATIVE_INFINITY) + REREAD_MS);
  }

  /** Since when it may have ended unseen: of several that nobody has read for a while, the first to disappear comes first. */
  get unseenSince(): number {
    return unseenSince(this.#lastRead);
  }

  get #lastRead(): LastRead {
    return { submittedAtMs: this.submittedAtMs, aliveAtMs: this.aliveAt, ...this.#retention };
  }

  observe(job: RemoteJob, nowMs: number): void {
    if (job.status === 'IN_PROGRESS') {
      // A re-dispatch starts the provider's own count anew, so it is taken for what it can be only.
      const from = job.delayTimeMs === undefined ? this.runningFrom : this.submittedAtMs + job.delayTimeMs;
      this.runningFrom = Math.min(nowMs, Math.max(this.runningFrom, from));
    } else {
      this.runningFrom = nowMs;
    }
    this.status = job.status;
    this.lastReadAt = nowMs;
    this.aliveAt = nowMs;
  }
}
