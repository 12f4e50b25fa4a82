/** What became of each remote job of a run, and what all have used. Types only, as `contract.ts`. */
import type { JobHandle } from '../job-api/job.js';
import type { FailureType } from './contract.js';

/** How an attempt ended: its remote status, or the type of its failure. */
export type AttemptOutcome = 'COMPLETED' | FailureType;

/** What is known of a remote job that was left before it completed. `unconfirmed`: it may still run, and cost. */
export type SettleOutcome = 'stopped' | 'finished-first' | 'gone' | 'unconfirmed';

/** What a failure counts as: who is to blame, and so which budget of `retry` pays for another job, if any. */
export type FailureClass =
  /** The endpoint or the account took no job: only another endpoint helps. */
  | 'endpoint'
  | 'platform'
  | 'queue'
  | 'handler'
  /** It is not known whether there is a job. */
  | 'ambiguous';

/** One remote job (or one submit that may have made one). */
export interface Attempt {
  readonly endpoint: string;
  /** Absent where a submit was refused, or its fate is not known. */
  readonly handle?: JobHandle;
  readonly jobId?: string;
  readonly outcome: AttemptOutcome | 'CANCELLED';
  /** Absent where the attempt did not fail, or by something that no other job mends: a wrong input, a limit. */
  readonly class?: FailureClass;
  readonly settled?: SettleOutcome;
  /** Another attempt that was under way completed first: this one was a hedge, or was beaten by one. */
  readonly superseded?: true;
  /** It was begun beside an attempt that was slow. */
  readonly hedge?: true;
  /** When the provider accepted the job, or the submit began that it did not accept. ISO 8601, as all times here. */
  readonly submittedAt?: string;
  /** When a worker took the job, as its provider tells. */
  readonly startedAt?: string;
  /** When the run heard of its end. */
  readonly endedAt?: string;
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  /** By the price of its endpoint; absent where there is none, and where the job did not run. */
  readonly estimatedCostUsd?: number;
  /** For how long nobody had read the job when its end was seen: over half of the time that its result stays. */
  readonly unreadMs?: number;
  /** By which the handler of the job, if there is one, knows the submit; where the endpoint has keys in its inputs. */
  readonly correlationKey?: string;
  readonly message?: string;
}

/** Fields of {@link Usage.wasted}. */
export type WasteReason = 'failuresMs' | 'cancelsMs' | 'duplicatesMs' | 'hedgesMs';

/** Time and money. The cost is an estimate: execution time by price; cold starts and idle time are not attributed. */
export interface Usage {
  /** Jobs submitted, successful or not. */
  readonly jobs: number;
  /** Time that jobs waited for a worker, as far as their providers told. */
  readonly queueMs?: number;
  /** Execution time of all jobs: what providers bill. */
  readonly executionMs: number;
  /** The part of it that brought no result. */
  readonly wastedMs: number;
  /**
   * The same by reason, without those that there were none of: attempts that failed, jobs that ran until they were
   * cancelled, duplicates of which a webhook told, and jobs beside which a hedge was faster, or the other way round.
   */
  readonly wasted?: Readonly<Partial<Record<WasteReason, number>>>;
  /** Present where a price is configured for every endpoint used. */
  readonly estimatedCostUsd?: number;
}
