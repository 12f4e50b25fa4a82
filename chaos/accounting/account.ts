/** From what is on record to the numbers that have to be zero. Pure. */
import { SETTLED_WITHIN_MS } from '../plan/form.js';
import type { Evidence, RemoteJob, RunRecord } from './evidence.js';

/** One number of the table, with what it counts, for whoever has to find out why. */
export interface Count {
  readonly value: number;
  /** The first few: jobs, units or runs. */
  readonly examples: readonly string[];
}

/** By the rows of the table. */
export interface Account {
  /** Accepted jobs that no run knows, beyond those reported as suspected duplicates. */
  readonly unknown: Count;
  /** Jobs that still ran a minute after their run had ended, suspected duplicates apart. */
  readonly leftRunning: Count;
  /** Units whose job completed and whose run went on without the result. */
  readonly lostResults: Count;
  /** Jobs that did the work of another once more, beyond those reported as suspected. */
  readonly unreportedDuplicates: Count;
  /** Runs that did not end, and workflow tasks that failed. */
  readonly stuck: Count;
}

export const ROWS = ['unknown', 'leftRunning', 'lostResults', 'unreportedDuplicates', 'stuck'] as const;

/** What is not judged, but says how much was. */
export interface Totals {
  readonly runs: number;
  readonly jobs: number;
  readonly ends: Readonly<Partial<Record<RunRecord['end'], number>>>;
  /** Of the runs that nobody meant to end early: how many there are, and how many completed. */
  readonly leftAlone: { readonly runs: number; readonly completed: number };
  /** Of those that did not, by what they failed with. */
  readonly failures: Readonly<Record<string, number>>;
  readonly suspectedDuplicates: number;
  /** Jobs that nobody knows, and that suspicions account for. */
  readonly actualDuplicates: number;
}

export function accountFor({ jobs, runs, takenAt }: Evidence): Account {
  const jobsOf = groupedBy(jobs, ({ run }) => run);
  const known = new Map(runs.map((run) => [run.run, run]));
  const strangers = jobs.filter(({ run }) => !known.has(run)).map(nameOf);
  const each = <T>(find: (run: RunRecord, jobs: readonly RemoteJob[]) => readonly T[]) =>
    runs.flatMap((run) => find(run, jobsOf.get(run.run) ?? []));
  return {
    unknown: count([...strangers, ...each((run, own) => unknownTo(run, own).beyond.map(nameOf))]),
    leftRunning: count(each((run, own) => leftRunning(run, own, takenAt).map(nameOf))),
    lostResults: count(each((run, own) => lostResults(run, own))),
    unreportedDuplicates: count(each((run, own) => duplicates(run, own).slice(run.suspectedDuplicates).map(nameOf))),
    stuck: count(
      each(({ run, end, failedTasks }) => [
        ...(end === 'open' ? [`${run} is open`] : []),
        ...Array.from({ length: failedTasks }, () => `a task of ${run}`),
      ]),
    ),
  };
}

export function totalsOf({ jobs, runs }: Evidence, isLeftAlone: (run: string) => boolean): Totals {
  const jobsOf = groupedBy(jobs, ({ run }) => run);
  const ends: Partial<Record<RunRecord['end'], number>> = {};
  for (const { end } of runs) ends[end] = (ends[end] ?? 0) + 1;
  const alone = runs.filter(({ run }) => isLeftAlone(run));
  const failures: Record<string, number> = {};
  for (const { end, failure = end } of alone) {
    if (end !== 'completed') failures[failure] = (failures[failure] ?? 0) + 1;
  }
  const sum = (of: (run: RunRecord) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    runs: runs.length,
    jobs: jobs.length,
    ends,
    leftAlone: { runs: alone.length, completed: alone.filter(({ end }) => end === 'completed').length },
    failures,
    suspectedDuplicates: sum(({ suspectedDuplicates }) => suspectedDuplicates),
    actualDuplicates: sum((run) => unknownTo(run, jobsOf.get(run.run) ?? []).suspected.length),
  };
}

/** Whether nothing more can happen that the account would count, and it counts nothing: it may as well be made now. */
export function isClean(evidence: Evidence): boolean {
  const { jobs, runs } = evidence;
  const account = accountFor(evidence);
  if (ROWS.some((row) => account[row].value > 0)) return false;
  const jobsOf = groupedBy(jobs, ({ run }) => run);
  return runs.every((run) => {
    const own = jobsOf.get(run.run) ?? [];
    const suspected = new Set(unknownTo(run, own).suspected);
    return own.every((job) => job.endedAt !== undefined || suspected.has(job));
  });
}

/** Jobs of a run that it does not mention: as many as it suspected, and those beyond. */
function unknownTo(
  { known, suspectedDuplicates }: RunRecord,
  jobs: readonly RemoteJob[],
): { readonly suspected: readonly RemoteJob[]; readonly beyond: readonly RemoteJob[] } {
  // Those that run the longest first: a suspicion excuses the same number of jobs whichever they are.
  const unknown = jobs
    .filter(({ id }) => !known.has(id))
    .sort((a, b) => (b.endedAt ?? Infinity) - (a.endedAt ?? Infinity));
  return { suspected: unknown.slice(0, suspectedDuplicates), beyond: unknown.slice(suspectedDuplicates) };
}

function leftRunning(run: RunRecord, jobs: readonly RemoteJob[], takenAt: number): RemoteJob[] {
  const { closedAt } = run;
  if (closedAt === undefined) return [];
  const suspected = new Set(unknownTo(run, jobs).suspected);
  return jobs.filter((job) => !suspected.has(job) && (job.endedAt ?? takenAt) > closedAt + SETTLED_WITHIN_MS);
}

/** A run that somebody ended has no use for results; any other has one for each unit that has a completed job. */
function lostResults(record: RunRecord, jobs: readonly RemoteJob[]): string[] {
  const { run, end, resultOf, withoutOutput, gaveUp } = record;
  if (end !== 'completed' && end !== 'failed') return [];
  const suspected = new Set(unknownTo(record, jobs).suspected);
  return [...groupedBy(jobs, ({ unit }) => unit)].flatMap(([unit, own]) => {
    const hadResult = own.some((job) => {
      const { id, status } = job;
      return status === 'COMPLETED' && !withoutOutput.has(id) && !gaveUp.has(id) && !suspected.has(job);
    });
    return hadResult && !own.some(({ id }) => resultOf.has(id)) ? [`${unit} of ${run}`] : [];
  });
}

/**
 * Jobs that were accepted although another job of their unit ran, or had completed. A job that was asked for again when the
 * one before had ended in failure is a retry and no duplicate; nor is one whose twin the run found, and settled.
 */
function duplicates({ settled, withoutOutput }: RunRecord, jobs: readonly RemoteJob[]): RemoteJob[] {
  return [...groupedBy(jobs, ({ unit }) => unit).values()].flatMap((own) => {
    const inOrder = [...own].sort((a, b) => a.acceptedAt - b.acceptedAt);
    return inOrder.filter((job, at) =>
      inOrder.slice(0, at).some(({ id, status, endedAt = Infinity }) => {
        if (settled.has(id) || withoutOutput.has(id)) return false;
        return endedAt > job.acceptedAt || status === 'COMPLETED';
      }),
    );
  });
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

const EXAMPLES = 5;

function count(found: readonly string[]): Count {
  return { value: found.length, examples: found.slice(0, EXAMPLES) };
}

function nameOf({ id, unit, run, status }: RemoteJob): string {
  return `job ${id} (${status}) for ${unit} of ${run}`;
}
