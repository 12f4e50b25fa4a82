import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { JsonValue } from '../../job-api/json.js';
import type { JobSettings, Target } from '../plan.js';
import type { JobEnd } from './job-end.js';
import { keptKey } from './kept-key.js';
import { FIRST_TRY, hasUntried, hedgeTarget, type NextTry, nextTry, type Tries } from './next-try.js';
import { type Following, type TryOptions, tryOnce } from './one-try.js';
import { afterFailure, type Failed } from './submit-within.js';

type HedgedSettings = JobSettings & { readonly hedge: NonNullable<JobSettings['hedge']> };

type RaceEvent =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'slow' }
  | { readonly kind: 'ended'; readonly end: JobEnd };

/** A try that is under way. `ended` never rejects. */
interface Lane {
  readonly scope: CancellationScope;
  readonly ended: Promise<void>;
}

/**
 * A job of which another try begins elsewhere where one is slow. The first result wins; the others are cancelled and seen
 * to end before it is told, since what nobody watches may run on, and cost. A failure ends the job where no try is left
 * that may still succeed.
 */
export class HedgedJob {
  readonly #settings: HedgedSettings;
  readonly #input: JsonValue;
  readonly #following: Following;
  readonly #scope = CancellationScope.current();
  readonly #inbox: RaceEvent[] = [];
  readonly #lanes = new Set<Lane>();
  /** Of the ids of activities: those of jobs that were tried before in its place are taken. */
  readonly #firstNumber: number;
  #correlationKey: string | undefined;
  #started = 0;
  #hedges = 0;
  #tries: Tries = FIRST_TRY;
  #winner: number | undefined;
  /** What the last failure asks for, once no other try is left. */
  #next: NextTry = { kind: 'give-up' };
  #failed: Failed | undefined;
  /** Of a try that was followed by another. */
  #before: Failed | undefined;
  #patience: CancellationScope | undefined;

  constructor(settings: HedgedSettings, input: JsonValue, following: Following) {
    this.#settings = settings;
    this.#input = input;
    this.#following = following;
    this.#firstNumber = following.record.attempts.length + 1;
  }

  /** As `followJob`, within the scope that is current where this was made. */
  async follow(): Promise<JobEnd> {
    this.#start(0, false);
    for (;;) {
      const event = await this.#nextEvent();
      switch (event?.kind) {
        case undefined:
          return await this.#leave({ kind: 'cancelled' });
        case 'accepted':
          this.#waitForSlowness();
          break;
        case 'slow':
          this.#patience = undefined;
          this.#hedge();
          break;
        case 'ended': {
          const { end } = event;
          if (end.kind !== 'failed') return await this.#leave(end);
          const over = await this.#afterFailure(end);
          if (over !== undefined) return over;
        }
      }
    }
  }

  /** Undefined once the job is cancelled and nothing has come before that. */
  async #nextEvent(): Promise<RaceEvent | undefined> {
    try {
      if (this.#inbox.length === 0) await condition(() => this.#inbox.length > 0);
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
    return this.#inbox.shift();
  }

  /** Ends all that is under way, and waits until each job was settled. */
  async #leave(end: JobEnd): Promise<JobEnd> {
    this.#patience?.cancel();
    for (const { scope } of this.#lanes) scope.cancel();
    await Promise.all([...this.#lanes].map(({ ended }) => ended));
    // A result that came in the same moment as a cancel counts, as it does of a job without hedges.
    const completed = this.#inbox.flatMap((event) => (event.kind === 'ended' ? event.end : [])).find(isCompleted);
    return end.kind === 'completed' ? end : (completed ?? end);
  }

  async #afterFailure(end: Failed): Promise<JobEnd | undefined> {
    // What no other job mends, such as a wrong input, starts no other; those under way may still succeed.
    if (this.#failed === undefined) this.#next = nextTry(this.#settings, this.#tries, end, Math.random);
    if (this.#next.kind === 'give-up') this.#failed ??= end;
    if (this.#lanes.size > 0) return undefined;

    this.#patience?.cancel();
    const next = this.#next;
    if (next.kind === 'give-up') return afterFailure(this.#failed ?? end, this.#before);
    this.#before = end;
    try {
      if (next.delayMs > 0) await sleep(next.delayMs);
    } catch (error) {
      if (isCancellation(error)) return { kind: 'cancelled' };
      throw error;
    }
    if (this.#scope.consideredCancelled) return { kind: 'cancelled' };
    this.#tries = next.tries;
    this.#correlationKey = keptKey(this.#following.record.attempts.slice(this.#firstNumber - 1), this.#correlationKey);
    this.#start(next.target, false);
    return undefined;
  }

  /** Counts from when a provider took a job, so that its queue counts too. */
  #waitForSlowness(): void {
    if (this.#patience !== undefined || !this.#mayHedge()) return;
    const scope = new CancellationScope({ cancellable: true });
    this.#patience = scope;
    scope
      .run(() => sleep(this.#settings.hedge.afterMs))
      .then(
        () => this.#inbox.push({ kind: 'slow' }),
        () => undefined,
      );
  }

  #mayHedge(): boolean {
    return this.#hedges < this.#settings.hedge.max && this.#failed === undefined && !this.#scope.consideredCancelled;
  }

  #hedge(): void {
    if (!this.#mayHedge() || this.#lanes.size === 0) return;
    // It is no need: where the budget has no room, the job goes on without.
    if (this.#following.budget?.tryTake() === false) return;
    const target = hedgeTarget(this.#settings, this.#tries);
    this.#hedges += 1;
    this.#tries = { ...this.#tries, visited: [...this.#tries.visited, target] };
    this.#start(target, true);
  }

  #start(target: number, isHedge: boolean): void {
    const number = this.#firstNumber + this.#started++;
    const scope = new CancellationScope({ cancellable: true, parent: this.#scope });
    const race = {
      isHedge,
      claim: () => {
        this.#winner ??= number;
        return this.#winner === number;
      },
      isLost: () => this.#winner !== undefined && this.#winner !== number,
    };
    const { hasNext, ...following } = this.#following;
    const options: TryOptions = {
      ...following,
      ...(isHedge ? { hasRoom: true } : {}),
      // Of those that are under way, one is enough to wait.
      elsewhere: isHedge || hasNext || hasUntried(this.#settings, this.#tries),
      // A handler that does the work once would have a hedge wait for the one that is slow.
      ...(isHedge || this.#correlationKey === undefined ? {} : { correlationKey: this.#correlationKey }),
      number,
      race,
      isWanted: () => this.#following.isWanted() && !race.isLost(),
      onAccepted: () => this.#inbox.push({ kind: 'accepted' }),
    };
    const ended = scope
      .run(() => tryOnce(this.#settings, this.#settings.targets[target] as Target, this.#input, options))
      .then((end) => {
        this.#lanes.delete(lane);
        this.#inbox.push({ kind: 'ended', end });
      });
    const lane: Lane = { scope, ended };
    this.#lanes.add(lane);
  }
}

function isCompleted(end: JobEnd): end is Extract<JobEnd, { kind: 'completed' }> {
  return end.kind === 'completed';
}
