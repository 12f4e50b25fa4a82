import { type Clock, systemClock } from '../clock.js';
import { Unavailable } from '../errors.js';
import type { EndpointHealth } from '../job.js';
import {
  admission,
  type CircuitCause,
  type CircuitEvent,
  type CircuitSettings,
  type CircuitState,
  CLOSED,
  nextCircuit,
} from './circuit-state.js';

/** The endpoint is left alone for a while: nothing was sent. `retryAfterMs`: until the next probe. */
export class CircuitOpen extends Unavailable {}

export interface CircuitOptions {
  /** `provider/endpointId`, for messages. */
  readonly name: string;
  readonly settings: CircuitSettings;
  /** Reads the endpoint's counters. Absent: its provider has none. */
  readonly readHealth?: () => Promise<EndpointHealth>;
  /** Told when it opens and closes. */
  readonly onChange?: (change: CircuitChange) => void;
  readonly clock?: Pick<Clock, 'now'>;
  readonly random?: () => number;
}

export type CircuitChange =
  | { readonly status: 'open'; readonly name: string; readonly why: string; readonly forMs: number }
  | { readonly status: 'closed'; readonly name: string };

/** What the counters say holds for so long. */
const HEALTH_FOR_MS = 10_000;

/** What this process has seen of one endpoint lately, and whether a submit goes there. */
export class Circuit {
  readonly #options: CircuitOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  #state: CircuitState = CLOSED;
  #healthAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: CircuitOptions) {
    this.#options = options;
    this.#now = () => (options.clock ?? systemClock).now();
    this.#random = options.random ?? Math.random;
  }

  get status(): CircuitState['status'] {
    return this.#state.status;
  }

  /**
   * Lets a submit through, or throws. Where no other endpoint can take the job, an endpoint without workers may have it: it
   * is for jobs in its queue that a provider looks for workers.
   *
   * @throws {CircuitOpen}
   */
  async admit({ hasSubstitute }: { readonly hasSubstitute: boolean }): Promise<void> {
    if (hasSubstitute) await this.#refreshHealth();
    const { name, settings } = this.#options;
    const answer = admission(this.#state, settings, this.#now());
    if (answer.kind === 'probe') this.#state = answer.state;
    if (answer.kind !== 'wait' || (answer.cause === 'workers' && !hasSubstitute)) return;
    throw new CircuitOpen(`circuit open: ${name} ${WHY[answer.cause]}; nothing is sent there for ${answer.forMs} ms`, {
      retryAfterMs: Math.round(answer.forMs * (1 + this.#random() / 4)),
    });
  }

  record(event: CircuitEvent): void {
    const before = this.#state;
    const now = this.#now();
    const after = nextCircuit(before, event, this.#options.settings, { now, random: this.#random });
    this.#state = after;
    if (after.status === before.status) return;
    const { name, onChange } = this.#options;
    if (after.status === 'closed') onChange?.({ status: 'closed', name });
    if (after.status === 'open') {
      onChange?.({ status: 'open', name, why: WHY[after.cause], forMs: after.untilMs - now });
    }
  }

  /** Of submits that come together, one asks, and all wait for the answer. */
  async #refreshHealth(): Promise<void> {
    const { readHealth } = this.#options;
    if (readHealth === undefined || this.#now() - this.#healthAt < HEALTH_FOR_MS) return;
    this.#reading ??= readHealth()
      .then(
        (health) => this.record(canStartNone(health) ? 'no-worker' : 'workers'),
        // Counters that cannot be read say nothing of the endpoint.
        () => undefined,
      )
      .finally(() => {
        this.#healthAt = this.#now();
        this.#reading = undefined;
      });
    await this.#reading;
  }
}

const WHY: Readonly<Record<CircuitCause, string>> = {
  submits: 'gave no usable answer to its last submits',
  jobs: 'lost or could not run its last jobs',
  workers: 'has no worker that could start: all are throttled or unhealthy',
};

/** Whether an endpoint has workers, and none that runs, waits or comes up. One that has scaled to zero has none at all. */
export function canStartNone({ workers }: EndpointHealth): boolean {
  const { idle = 0, initializing = 0, ready = 0, running = 0, throttled = 0, unhealthy = 0 } = workers;
  return throttled + unhealthy > 0 && idle + initializing + ready + running === 0;
}
