import type { JobHandle, JobStatus } from './job.js';
import { RUNPOD_LIMITS } from './limits.js';

/** How a waiting job is to be read next. */
export type PollDecision =
  /** Wait, then read the status. */
  | { readonly kind: 'status'; readonly delayMs: number }
  /** Read at once, and let the provider hold the request until the job has ended or the wait is over. */
  | { readonly kind: 'long-poll'; readonly waitMs: number };

/** What a job's follower knows when it asks. */
export interface PollView {
  /** Since the provider accepted the job. */
  readonly ageMs: number;
  /** As last read. */
  readonly status?: JobStatus | undefined;
  /** Neither a delay nor a wait may take longer: the next limit of the job, or of whoever follows it. */
  readonly capMs: number;
}

/** A waiting job's place in the schedule. */
export interface PollSeat {
  /** Ask after every read, and carry out the answer before asking again. */
  next(view: PollView): PollDecision;
  /** The provider knows the job, and has no long poll (404 or 405): none will be asked for again on this endpoint. */
  longPollUnsupported(): void;
  /** Gives the place up; asking again is a mistake, leaving twice is none. */
  leave(): void;
}

/** Half of what the endpoint allows; the rest is left to other readers. */
const MAX_LONG_POLLS = RUNPOD_LIMITS.read.atOnce / 2;
const MAX_READS_PER_SECOND = (RUNPOD_LIMITS.read.requests / RUNPOD_LIMITS.windowMs) * (1_000 / 2);

/** Up to this age a job is read often: it may be one of those that end at once. */
const YOUNG_MS = 2_000;
const LONG_POLL_WAIT_MS = 10_000;
/** The shortest wait that providers take. */
const MIN_LONG_POLL_WAIT_MS = 1_000;

/** The load on the endpoint, as far as this process makes it. */
export interface EndpointLoad {
  /** Waiting jobs that are read by plain status, this one among them. */
  readonly plainSeats: number;
  readonly longPolls: number;
  /** Waiting jobs that were submitted before this one: those end first, roughly, so theirs are the long polls. */
  readonly olderSeats: number;
  /** False where the provider has no long poll, or the last one of this job was not held. */
  readonly longPollWorks: boolean;
}

/**
 * How soon to read a job that was read before.
 *
 * @param random in [0, 1)
 */
export function nextRead({ ageMs, capMs }: PollView, load: EndpointLoad, random: number): PollDecision {
  const waitMs = Math.min(LONG_POLL_WAIT_MS, Math.floor(capMs));
  const slotFree = load.longPolls < MAX_LONG_POLLS && load.olderSeats < MAX_LONG_POLLS;
  if (ageMs >= YOUNG_MS && load.longPollWorks && slotFree && waitMs >= MIN_LONG_POLL_WAIT_MS) {
    return { kind: 'long-poll', waitMs };
  }
  const wantedMs = ageMs < YOUNG_MS ? Math.max(150, 0.15 * ageMs) : Math.min(10_000, Math.max(500, 0.1 * ageMs));
  const fairShareMs = (load.plainSeats * 1_000) / MAX_READS_PER_SECOND;
  // Jitter keeps jobs that were submitted together from being read together; that of the share only ever adds.
  const delayMs = Math.max(wantedMs * (0.9 + 0.2 * random), fairShareMs * (1 + 0.2 * random));
  return { kind: 'status', delayMs: Math.round(Math.max(0, Math.min(delayMs, capMs))) };
}

/**
 * Paces the reads of all jobs of one endpoint that wait in this process. Every waiting job takes a seat, so that what one
 * is told depends on how many others there are.
 */
export class PollSchedule {
  readonly #random: () => number;
  readonly #seats = new Set<Seat>();
  #longPollSupported = true;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  join(job: Pick<JobHandle, 'submittedAt'>): PollSeat {
    const seat = new Seat(Date.parse(job.submittedAt), {
      decide: (view) => this.#decide(seat, view),
      longPollUnsupported: () => {
        this.#longPollSupported = false;
      },
      leave: () => {
        this.#seats.delete(seat);
      },
    });
    this.#seats.add(seat);
    return seat;
  }

  #decide(seat: Seat, view: PollView): PollDecision {
    let longPolls = 0;
    let olderSeats = 0;
    for (const other of this.#seats) {
      if (other === seat) continue;
      if (other.longPolling) longPolls += 1;
      if (other.submittedAtMs < seat.submittedAtMs) olderSeats += 1;
    }
    const plainSeats = this.#seats.size - longPolls;
    const longPollWorks = this.#longPollSupported && !seat.cameBackEarly(view);
    return nextRead(view, { plainSeats, longPolls, olderSeats, longPollWorks }, this.#random());
  }
}

interface SeatOwner {
  decide(view: PollView): PollDecision;
  longPollUnsupported(): void;
  leave(): void;
}

class Seat implements PollSeat {
  readonly submittedAtMs: number;
  readonly longPollUnsupported: () => void;
  readonly leave: () => void;
  readonly #decide: SeatOwner['decide'];
  #last: { readonly decision: PollDecision; readonly view: PollView } | undefined;

  constructor(submittedAtMs: number, owner: SeatOwner) {
    this.submittedAtMs = submittedAtMs;
    this.longPollUnsupported = owner.longPollUnsupported;
    this.leave = owner.leave;
    this.#decide = owner.decide;
  }

  get longPolling(): boolean {
    return this.#last?.decision.kind === 'long-poll';
  }

  next(view: PollView): PollDecision {
    // The first read is immediate: the job may have ended while nobody followed it.
    const decision: PollDecision = this.#last === undefined ? { kind: 'status', delayMs: 0 } : this.#decide(view);
    this.#last = { decision, view };
    return decision;
  }

  /** A long poll that was not held and told nothing new. Asked for at once again, it would become a busy loop. */
  cameBackEarly({ ageMs, status }: PollView): boolean {
    if (this.#last?.decision.kind !== 'long-poll') return false;
    const heldMs = ageMs - this.#last.view.ageMs;
    return heldMs < this.#last.decision.waitMs / 2 && status === this.#last.view.status;
  }
}
