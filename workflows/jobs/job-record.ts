import type { JobHandle } from '../../job-api/job.js';
import type { RunBudget } from '../budget/run-budget.js';
import type { Attempt, Settlement, SettleOutcome, Usage } from '../contract.js';
import { addUsage, NO_USAGE, totalUsage, usageOf } from './usage.js';

/** Facts of one remote job that end up in its attempt and in the usage. */
export interface AttemptFacts {
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly estimatedCostUsd?: number;
  /** Re-dispatches by the platform. */
  readonly retries?: number;
  readonly unreadMs?: number;
}

/** A job on its way through an attempt. */
export interface UnderWay {
  /** `adopting`: its submit got no answer, and a webhook may name the job. */
  readonly phase: 'submitting' | 'adopting' | 'awaiting' | 'settling';
  readonly endpoint: string;
  /** Once it was accepted. */
  readonly handle?: JobHandle;
}

/** Everything one job of a run has caused: its attempts, what they used, and what is not known to have ended. */
export class JobRecord {
  readonly attempts: Attempt[] = [];
  readonly #onChange: (record: JobRecord) => void;
  /** Of the attempts, in their order, which is that of their submits. */
  readonly #numbers: number[] = [];
  /** By the numbers of their attempts. */
  readonly #underWay = new Map<number, UnderWay>();
  #usage: Usage = NO_USAGE;
  #suspectedDuplicates = 0;
  #budget: Pick<RunBudget, 'spend'> | undefined;

  /** `onChange` only shows: it must issue no command, or a replay of an older history would not have it. */
  constructor(onChange: (record: JobRecord) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** The attempts that are not over: one, and the hedges beside it. */
  get underWay(): readonly UnderWay[] {
    return [...this.#underWay.values()];
  }

  /** An attempt goes into its next phase, or is over without having made a job. */
  enter(phase: UnderWay | undefined, number = this.#nextNumber): void {
    if (phase === undefined) this.#underWay.delete(number);
    else this.#underWay.set(number, phase);
    this.#onChange(this);
  }

  /** Adds an attempt that is over. */
  add(attempt: Attempt, facts: AttemptFacts = {}, number = this.#nextNumber): void {
    const at = this.#numbers.filter((other) => other < number).length;
    this.#numbers.splice(at, 0, number);
    this.attempts.splice(at, 0, { ...attempt, ...factsIn(facts, attempt.handle) });
    if (attempt.outcome === 'SubmitAmbiguous') this.#suspectedDuplicates += 1;
    if (attempt.handle !== undefined) this.#use(attempt, facts);
    this.enter(undefined, number);
  }

  /** What became of an attempt of which only a submit without an answer was known: a job that nobody asked for twice. */
  identify(number: number, handle: JobHandle, settled: SettleOutcome, facts: AttemptFacts): void {
    const index = this.#numbers.indexOf(number);
    const attempt = this.attempts[index];
    if (attempt?.outcome !== 'SubmitAmbiguous' || attempt.handle !== undefined) return;
    this.attempts[index] = { ...attempt, handle, jobId: handle.jobId, settled, ...factsIn(facts, handle) };
    this.#suspectedDuplicates -= 1;
    this.#use(attempt, facts);
    this.#onChange(this);
  }

  /** What its jobs cost from now on is spent from there. */
  chargeTo(budget: Pick<RunBudget, 'spend'>): void {
    this.#budget = budget;
  }

  #use(attempt: Attempt, facts: AttemptFacts): void {
    const usage = usageOf(attempt, facts);
    this.#usage = addUsage(this.#usage, usage);
    this.#budget?.spend(usage.estimatedCostUsd);
  }

  get #nextNumber(): number {
    return this.attempts.length + 1;
  }

  get usage(): Usage {
    return this.#usage;
  }

  get suspectedDuplicates(): number {
    return this.#suspectedDuplicates;
  }
}

/** What an attempt tells of its job. */
function factsIn(
  { delayTimeMs, executionTimeMs, estimatedCostUsd, retries, unreadMs }: AttemptFacts,
  handle?: JobHandle,
) {
  // The delay of a job that the platform gave to another worker counts from then, which nobody tells.
  const startedAt =
    handle === undefined || delayTimeMs === undefined || retries
      ? undefined
      : dateOf(Date.parse(handle.submittedAt) + delayTimeMs);
  return {
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(delayTimeMs === undefined ? {} : { delayTimeMs }),
    ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
    ...(estimatedCostUsd === undefined ? {} : { estimatedCostUsd }),
    ...(unreadMs === undefined ? {} : { unreadMs }),
  } satisfies Partial<Attempt>;
}

/** A history may hold a delay that leads to no date: thrown here, it would fail the workflow task for ever. */
function dateOf(epochMs: number): string | undefined {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Jobs that were left without being seen to end. */
export function unsettledHandles(records: Iterable<JobRecord>): JobHandle[] {
  return [...records].flatMap((record) =>
    record.attempts.flatMap(({ handle, settled }) => (handle && settled === 'unconfirmed' ? [handle] : [])),
  );
}

/** The memo must stay far below the server's 2 MiB; whoever needs more reads the history. */
const SETTLEMENT_MAX = 100;

/** What became of the jobs that a cancelled run had started, itself or in children that told of theirs. */
export function settlementOf(records: readonly JobRecord[], ofChildren: readonly Settlement[] = []): Settlement {
  const own: Settlement['jobs'][number][] = [];
  for (const { handle, settled } of records.flatMap((record) => record.attempts)) {
    if (handle) own.push({ handle, settled: settled ?? 'finished-first' });
  }
  const jobs = [...own, ...ofChildren.flatMap((child) => child.jobs)];
  // What may still cost money is named first, and so never falls behind the bound.
  jobs.sort((a, b) => Number(b.settled === 'unconfirmed') - Number(a.settled === 'unconfirmed'));
  const left = ofChildren.reduce((sum, { more = 0 }) => sum + more, 0);
  const more = Math.max(0, jobs.length - SETTLEMENT_MAX) + left;
  return {
    jobs: jobs.slice(0, SETTLEMENT_MAX),
    ...(more > 0 ? { more } : {}),
    suspectedDuplicates: [...records, ...ofChildren].reduce((sum, part) => sum + part.suspectedDuplicates, 0),
    usage: totalUsage([...records, ...ofChildren]),
  };
}

/** Without the jobs that need no looking after: there may be ten thousand. */
export function onlyUnconfirmed(settlement: Settlement): Settlement {
  const { more: _, ...rest } = settlement;
  return { ...rest, jobs: settlement.jobs.filter(({ settled }) => settled === 'unconfirmed') };
}
