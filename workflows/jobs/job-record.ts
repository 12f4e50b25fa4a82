import type { JobHandle } from '../../job-api/job.js';
import type { Attempt, Settlement, SettleOutcome, Usage } from '../contract.js';

/** Facts of one remote job that end up in its attempt and in the usage. */
export interface AttemptFacts {
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly estimatedCostUsd?: number;
}

const NO_USAGE: Usage = { jobs: 0, executionMs: 0, wastedMs: 0, estimatedCostUsd: 0 };

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
  #current: UnderWay | undefined;
  #usage: Usage = NO_USAGE;
  #suspectedDuplicates = 0;

  /** `onChange` only shows: it must issue no command, or a replay of an older history would not have it. */
  constructor(onChange: (record: JobRecord) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** The attempt that is not over, if any. */
  get current(): UnderWay | undefined {
    return this.#current;
  }

  /** The attempt goes into its next phase, or is over without having made a job. */
  enter(current: UnderWay | undefined): void {
    this.#current = current;
    this.#onChange(this);
  }

  /** Adds an attempt that is over. */
  add(attempt: Attempt, facts: AttemptFacts = {}): void {
    this.attempts.push({ ...attempt, ...timesOf(facts) });
    if (attempt.outcome === 'SubmitAmbiguous') this.#suspectedDuplicates += 1;
    if (attempt.handle !== undefined) this.#use(attempt.outcome, facts);
    this.enter(undefined);
  }

  /** What became of an attempt of which only a submit without an answer was known: a job that nobody asked for twice. */
  identify(index: number, handle: JobHandle, settled: SettleOutcome, facts: AttemptFacts): void {
    const attempt = this.attempts[index];
    if (attempt?.outcome !== 'SubmitAmbiguous' || attempt.handle !== undefined) return;
    this.attempts[index] = { ...attempt, handle, jobId: handle.jobId, settled, ...timesOf(facts) };
    this.#suspectedDuplicates -= 1;
    this.#use(attempt.outcome, facts);
    this.#onChange(this);
  }

  #use(outcome: Attempt['outcome'], facts: AttemptFacts): void {
    const executionMs = facts.executionTimeMs ?? 0;
    // A job that never ran cost nothing; one that ran without a known price makes the sum unknown.
    const cost = facts.estimatedCostUsd ?? (executionMs === 0 ? 0 : undefined);
    this.#usage = addUsage(this.#usage, {
      jobs: 1,
      executionMs,
      wastedMs: outcome === 'COMPLETED' ? 0 : executionMs,
      ...(cost === undefined ? {} : { estimatedCostUsd: cost }),
    });
  }

  get usage(): Usage {
    return this.#usage;
  }

  get suspectedDuplicates(): number {
    return this.#suspectedDuplicates;
  }
}

function timesOf({ delayTimeMs, executionTimeMs }: AttemptFacts): Pick<Attempt, 'delayTimeMs' | 'executionTimeMs'> {
  return {
    ...(delayTimeMs === undefined ? {} : { delayTimeMs }),
    ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
  };
}

/** Sums; the cost stays absent once it is unknown for one part. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum = { jobs: a.jobs + b.jobs, executionMs: a.executionMs + b.executionMs, wastedMs: a.wastedMs + b.wastedMs };
  if (a.estimatedCostUsd === undefined || b.estimatedCostUsd === undefined) return sum;
  return { ...sum, estimatedCostUsd: a.estimatedCostUsd + b.estimatedCostUsd };
}

/** Usage of all parts together. */
export function totalUsage(records: Iterable<{ readonly usage: Usage }>): Usage {
  let sum = NO_USAGE;
  for (const record of records) sum = addUsage(sum, record.usage);
  return sum;
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
