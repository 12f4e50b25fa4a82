import { type Clock, systemClock } from '../clock.js';
import { type EndpointHealth, isTerminal, type RemoteJob } from '../job.js';
import type { ReadAllowance } from '../limits/endpoint-limiter.js';
import { DueQueue } from './due-queue.js';
import { ExecutionTimes } from './execution-times.js';
import { Gathering } from './gathering.js';
import { untilNextRead } from './next-read.js';
import { PollSeat, type PollTurn, type SeatedJob, type SeatSchedule, type TurnOptions } from './poll-seat.js';
import { QueueFront } from './queue-front.js';
import { ReadPace } from './read-pace.js';
import { Turnaround } from './turnaround.js';

export interface PollScheduleOptions {
  /** What the limits leave for reads; asked before each. Absent: RunPod's, documented. */
  readonly allowance?: () => ReadAllowance;
  /** Reads the endpoint's counters. Absent, or where it fails: nothing is known of its queue. */
  readonly readHealth?: () => Promise<EndpointHealth>;
  /** At most one read of the counters in so many ms. */
  readonly healthEveryMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Where nothing is limited, it is at this rate that one endpoint is read. */
const UNLIMITED: ReadAllowance = { perSecond: 160, longPolls: 280 };
const HEALTH_EVERY_MS = 2_000;
/** Below this all jobs can be read without knowing the queue. */
const HEALTH_FROM_SEATS = 40;
/** Up to this age a job may be one of those that end at once, and is not left to a long poll. */
const YOUNG_MS = 2_000;
const LONG_POLL_WAIT_MS = 10_000;
/** The shortest wait that providers take. */
const MIN_LONG_POLL_WAIT_MS = 1_000;
/** Part of the reads that goes over the queue. */
const SWEEP_PART = 0.1;
const SWEEP_MS = { least: 10_000, most: 300_000 } as const;
/** How long to stay away for, at least and at most, when the time of a turn is over. */
const AWAY_MS = { least: 1_000, most: 30_000 } as const;

/**
 * Paces the reads of all jobs of one endpoint that wait in this process. Every waiting job takes a seat and asks for its
 * turn; the turns go to those that are due, the earliest first, no faster than the limits allow.
 *
 * What can have ended is read when it is worth a request (`untilNextRead`), or held at the provider by a long poll where
 * there is one. What is still in the queue by all that is known (`QueueFront`) is only swept over slowly, lest that is wrong.
 */
export class PollSchedule {
  readonly #options: PollScheduleOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** Oldest first. */
  readonly #seats: PollSeat[] = [];
  readonly #due = new DueQueue<PollSeat>();
  readonly #times = new ExecutionTimes();
  readonly #turnaround = new Turnaround();
  readonly #front = new QueueFront();
  readonly #pace = new ReadPace();
  readonly #gathering = new Gathering();
  readonly #seatSchedule: SeatSchedule = {
    turn: (seat, options) => this.#turn(seat, options),
    told: (seat, job) => this.#told(seat, job),
    longPollUnsupported: () => {
      this.#longPollSupported = false;
    },
    leave: (seat) => this.#leave(seat),
  };
  #longPolls = 0;
  #longPollSupported = true;
  #healthAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(options: PollScheduleOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  join(job: SeatedJob): PollSeat {
    const seat = new PollSeat(job, this.#seatSchedule);
    this.#gathering.joined(seat, this.#clock.now());
    this.#seats.splice(this.#positionOf(seat), 0, seat);
    return seat;
  }

  /** Jobs that wait. */
  get size(): number {
    return this.#seats.length;
  }

  /** Jobs usually end a moment after their submit: whoever submits one may well stay with it. */
  get isQuick(): boolean {
    return this.#turnaround.isQuick;
  }

  /** Somebody stayed with a job because of that, and has no result. */
  stayedInVain(): void {
    this.#turnaround.learn(Number.POSITIVE_INFINITY);
  }

  #turn(seat: PollSeat, { capMs, windowMs, signal }: TurnOptions): Promise<PollTurn> {
    signal?.throwIfAborted();
    if (seat.pending !== undefined) throw new Error(`job ${seat.jobId} asked for a turn while it waits for one`);
    this.#endLongPoll(seat);
    this.#refreshHealth();
    const now = this.#clock.now();
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#due.remove(seat);
        seat.pending = undefined;
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      seat.pending = {
        mustAt: now + Math.max(0, capMs),
        leaveAt: now + Math.max(0, windowMs ?? Number.POSITIVE_INFINITY),
        resolve: (turn) => {
          signal?.removeEventListener('abort', abort);
          seat.pending = undefined;
          resolve(turn);
        },
      };
      this.#schedule(seat, this.#dueAt(seat, now));
    });
  }

  /** When a job is to be read next, for all that is known of it. */
  #dueAt(seat: PollSeat, now: number): number {
    if (!this.#mayHaveEnded(seat)) return this.#sweepAt(seat, now);
    // The first read is immediate: the job may have ended while nobody followed it. Of many, the first to disappear.
    if (seat.lastReadAt === undefined) return Math.min(now, seat.unseenSince);
    if (this.#longPollWaitMs(seat, now) !== undefined) return now;
    const waitMs = untilNextRead(seat.lastReadAt - seat.runningFrom, this.#times) * this.#jitter();
    return Math.min(Math.max(now, seat.lastReadAt + waitMs), seat.toBeReadBy);
  }

  #sweepAt(seat: PollSeat, now: number): number {
    // Out of order any job may have ended: they are read in turns, as fast as the limits allow.
    const back = this.#front.inOrder ? Math.max(0, this.#seats.length - this.#front.size) : 0;
    const perSecond = this.#allowance().perSecond * SWEEP_PART;
    const everyMs = Math.min(SWEEP_MS.most, Math.max(SWEEP_MS.least, (back * 1_000) / perSecond));
    const sweptAt =
      seat.lastReadAt === undefined
        ? now + everyMs * this.#random()
        : Math.max(now, seat.lastReadAt + everyMs * this.#jitter());
    return Math.min(sweptAt, seat.toBeReadBy);
  }

  #mayHaveEnded(seat: PollSeat): boolean {
    if (seat.status === 'IN_PROGRESS') return true;
    const { size, inOrder } = this.#front;
    return size >= this.#seats.length || (inOrder && this.#positionOf(seat) < size);
  }

  #schedule(seat: PollSeat, wantedAt: number): void {
    const { pending } = seat;
    if (pending === undefined) return;
    this.#due.put(seat, Math.min(wantedAt, pending.mustAt, pending.leaveAt));
    seat.wantedAt = wantedAt;
    this.#pumpAt(seat.dueAt);
  }

  #pump(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    this.#refreshHealth();
    const now = this.#clock.now();
    for (let seat = this.#due.first; seat !== undefined; seat = this.#due.first) {
      if (seat.dueAt > now) {
        this.#pumpAt(seat.dueAt);
        return;
      }
      const { pending } = seat;
      if (pending === undefined) {
        this.#due.remove(seat);
        continue;
      }
      const must = pending.mustAt <= now;
      // Also where a limit has passed: after an outage it has for most, and what goes first is read first all the same.
      const heldMs = this.#gathering.holds(seat, now);
      if (heldMs > 0) {
        this.#pumpAt(now + heldMs);
        return;
      }
      if (!must && seat.wantedAt > now) {
        this.#due.remove(seat);
        const comeBackMs = Math.min(AWAY_MS.most, Math.max(AWAY_MS.least, seat.wantedAt - now));
        pending.resolve({ kind: 'leave', comeBackMs });
        continue;
      }
      // Due as one that may have ended, and by now known to be in the queue; or the other way round.
      if (!must && seat.lastReadAt === undefined && !seat.swept && !this.#mayHaveEnded(seat)) {
        seat.swept = true;
        this.#schedule(seat, this.#sweepAt(seat, now));
        continue;
      }
      const waitMs = this.#pace.take(now, this.#allowance().perSecond);
      if (waitMs > 0) {
        this.#pumpAt(now + waitMs);
        return;
      }
      this.#due.remove(seat);
      pending.resolve(this.#read(seat, now, must));
    }
  }

  #read(seat: PollSeat, now: number, must: boolean): PollTurn {
    const waitMs = must ? undefined : this.#longPollWaitMs(seat, now);
    seat.cameBackEarly = false;
    if (waitMs === undefined) return { kind: 'status' };
    this.#longPolls += 1;
    seat.longPoll = { since: now, waitMs, status: seat.status };
    return { kind: 'long-poll', waitMs };
  }

  /** How long the provider may hold a read of this job; undefined where it is to be a plain one. */
  #longPollWaitMs(seat: PollSeat, now: number): number | undefined {
    if (!this.#longPollSupported || (seat.lastReadAt === undefined && this.#front.size >= this.#seats.length))
      return undefined;
    if (seat.cameBackEarly || now - seat.submittedAtMs < YOUNG_MS || !this.#mayHaveEnded(seat)) return undefined;
    const { longPolls } = this.#allowance();
    if (this.#longPolls >= longPolls || this.#positionOf(seat) >= longPolls) return undefined;
    const pending = seat.pending;
    const leftMs = pending === undefined ? LONG_POLL_WAIT_MS : Math.min(pending.mustAt, pending.leaveAt) - now;
    const waitMs = Math.min(LONG_POLL_WAIT_MS, Math.floor(leftMs));
    return waitMs >= MIN_LONG_POLL_WAIT_MS ? waitMs : undefined;
  }

  #told(seat: PollSeat, job: RemoteJob | undefined): void {
    const now = this.#clock.now();
    this.#endLongPoll(seat, job);
    if (job === undefined) {
      seat.lastReadAt = now;
      return;
    }
    const { inOrder } = this.#front;
    if (seat.status !== 'IN_PROGRESS') this.#front.read(this.#positionOf(seat), job.status !== 'IN_QUEUE');
    seat.observe(job, now);
    if (isTerminal(job.status)) {
      this.#front.ended();
      if (job.executionTimeMs !== undefined) this.#times.learn(job.executionTimeMs);
      this.#turnaround.learn(turnaroundOf(job, seat, now));
    }
    if (this.#front.inOrder === inOrder) return;
    // What was put off by the order of the queue, or read early by it, is due anew.
    for (const other of this.#seats) this.#schedule(other, this.#dueAt(other, now));
  }

  #endLongPoll(seat: PollSeat, job?: RemoteJob): void {
    const { longPoll } = seat;
    if (longPoll === undefined) return;
    this.#longPolls -= 1;
    seat.longPoll = undefined;
    const heldMs = this.#clock.now() - longPoll.since;
    // Not held, and nothing new. Asked for at once again, it would become a busy loop.
    seat.cameBackEarly = heldMs < longPoll.waitMs / 2 && (job === undefined || job.status === longPoll.status);
  }

  #leave(seat: PollSeat): void {
    const position = this.#positionOf(seat);
    if (this.#seats[position] !== seat) return;
    this.#endLongPoll(seat);
    this.#due.remove(seat);
    this.#seats.splice(position, 1);
    const { size } = this.#front;
    if (position < size && size <= this.#seats.length) this.#promote(size - 1);
  }

  /** The job at a position may have ended soon: it need not wait for the sweep. */
  #promote(position: number): void {
    const seat = this.#seats[position];
    if (seat?.pending === undefined || !this.#mayHaveEnded(seat)) return;
    const now = this.#clock.now();
    const wantedAt =
      seat.lastReadAt === undefined || this.#longPollWaitMs(seat, now) !== undefined
        ? now
        : now + untilNextRead(0, this.#times) * this.#jitter();
    if (wantedAt < seat.wantedAt) this.#schedule(seat, wantedAt);
  }

  #refreshHealth(): void {
    const { readHealth, healthEveryMs = HEALTH_EVERY_MS } = this.#options;
    const now = this.#clock.now();
    if (readHealth === undefined || this.#seats.length < HEALTH_FROM_SEATS || now - this.#healthAt < healthEveryMs)
      return;
    this.#healthAt = now;
    const before = this.#front.size;
    readHealth().then(
      (health) => {
        this.#front.observe(health, this.#seats.length);
        const grown = Math.min(this.#front.size, this.#seats.length);
        for (let position = Math.min(before, grown); position < grown; position++) this.#promote(position);
      },
      // It is a hint: without it all jobs count as running.
      () => undefined,
    );
  }

  #pumpAt(at: number): void {
    if (at >= this.#wakesAt) return;
    this.#cancelTimer?.();
    this.#wakesAt = at;
    this.#cancelTimer = this.#clock.after(Math.max(0, Math.ceil(at - this.#clock.now())), () => this.#pump());
  }

  #allowance(): ReadAllowance {
    const { perSecond, longPolls } = this.#options.allowance?.() ?? UNLIMITED;
    return Number.isFinite(perSecond) ? { perSecond, longPolls: Math.min(longPolls, UNLIMITED.longPolls) } : UNLIMITED;
  }

  /** Jobs that are read at once are not to stay together. */
  #jitter(): number {
    return 0.9 + 0.2 * this.#random();
  }

  /** Where a seat stands in the order of submits, or would. */
  #positionOf(seat: PollSeat): number {
    let low = 0;
    let high = this.#seats.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#seats[middle];
      if (other !== undefined && isBefore(other, seat)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** From submit to result, ms. Where the provider does not say how long it was in the queue, until now at most. */
function turnaroundOf({ status, delayTimeMs, executionTimeMs }: RemoteJob, seat: PollSeat, now: number): number {
  // An endpoint at which jobs fail at once is not one whose results are there at once.
  if (status !== 'COMPLETED') return Number.POSITIVE_INFINITY;
  const isSaid = delayTimeMs !== undefined && executionTimeMs !== undefined;
  return isSaid ? delayTimeMs + executionTimeMs : now - seat.submittedAtMs;
}

function isBefore(one: PollSeat, other: PollSeat): boolean {
  return (
    one.submittedAtMs < other.submittedAtMs || (one.submittedAtMs === other.submittedAtMs && one.number < other.number)
  );
}
