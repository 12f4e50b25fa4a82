/** What runs have on record, by the words of who wrote them: JobRelay's, and those of the stand-ins. Pure. */
import type { RemoteJob, RunRecord } from './evidence.js';
import type { RecordedRun } from './history.js';

type Facts = Pick<RunRecord, 'resultOf' | 'withoutOutput' | 'settled' | 'gaveUp'>;

const noFacts = () => ({
  resultOf: new Set<string>(),
  withoutOutput: new Set<string>(),
  settled: new Set<string>(),
  gaveUp: new Set<string>(),
});

/** Puts each run together with its children. */
export function recordsOf(
  runs: readonly RecordedRun[],
  jobs: readonly RemoteJob[],
  {
    facts,
    suspected,
  }: { facts(parts: readonly RecordedRun[]): Facts; suspected(parts: readonly RecordedRun[]): number },
): RunRecord[] {
  const jobIds = new Map<string, string[]>();
  for (const { run, id } of jobs) jobIds.set(run, [...(jobIds.get(run) ?? []), id]);
  return runs
    .filter(({ rootId, workflowId }) => rootId === workflowId)
    .map((root) => {
      const parts = runs.filter(({ rootId }) => rootId === root.workflowId);
      const ids = jobIds.get(root.workflowId) ?? [];
      return {
        run: root.workflowId,
        end: root.end,
        ...(root.failure !== undefined && { failure: failureOf(root.failure, root.outcome) }),
        ...(root.closedAt !== undefined && { closedAt: root.closedAt }),
        known: new Set(ids.filter((id) => parts.some(({ mentions }) => mentions.has(id)))),
        ...facts(parts),
        suspectedDuplicates: suspected([root, ...parts.filter((part) => part !== root)]),
        failedTasks: parts.reduce((sum, { failedTasks }) => sum + failedTasks, 0),
      };
    });
}

/** A pipeline fails with its step, which says why. */
function failureOf(type: string, details: unknown): string {
  let [cause, why] = [field(details, 'cause'), type];
  for (; cause !== undefined; cause = field(field(cause, 'details'), 'cause')) why = String(field(cause, 'type'));
  return why;
}

/** Of the runs of JobRelay. `reaps` are those of its workflow `reap`. */
export function relayRecords(
  runs: readonly RecordedRun[],
  reaps: readonly RecordedRun[],
  jobs: readonly RemoteJob[],
): RunRecord[] {
  const reaped = new Map<string, number>();
  for (const { type, input, result } of reaps.flatMap(({ activities }) => activities)) {
    const runId = field(input, 'runId');
    const count = field(result, 'suspectedDuplicates');
    if (type !== 'settleRun' || typeof runId !== 'string' || typeof count !== 'number') continue;
    // More than one pass may look at a run, and each counts the same submits.
    reaped.set(runId, Math.max(reaped.get(runId) ?? 0, count));
  }
  const ownCount = ({ end, runId, outcome, memo }: RecordedRun): number => {
    if (end === 'terminated' || end === 'timed-out') return reaped.get(runId) ?? 0;
    const said = outcome ?? memo['jobrelay.settlement'];
    const count = field(said, 'suspectedDuplicates') ?? field(field(said, 'settlement'), 'suspectedDuplicates');
    return typeof count === 'number' ? count : 0;
  };
  return recordsOf(runs, jobs, {
    facts: (parts) => relayFacts(parts),
    suspected([root, ...children]) {
      if (root === undefined) return 0;
      // One that closed by itself speaks for its children too.
      const isEnded = root.end === 'terminated' || root.end === 'timed-out';
      return (isEnded ? [root, ...children] : [root]).reduce((sum, part) => sum + ownCount(part), 0);
    },
  });
}

function relayFacts(parts: readonly RecordedRun[]): Facts {
  const facts = noFacts();
  for (const { type, input, result, failureType } of parts.flatMap(({ activities }) => activities)) {
    // A submit takes no handle; it returns one, and at times the result with it.
    const id = field(field(type === 'submitJob' ? result : input, 'handle'), 'jobId');
    if (typeof id !== 'string') continue;
    if (type === 'submitJob') {
      if (field(result, 'completed') !== undefined) facts.resultOf.add(id);
    } else if (type === 'awaitJob') {
      if (result !== undefined) facts.resultOf.add(id);
      if (failureType === 'OutputRejected') facts.withoutOutput.add(id);
    } else if (type === 'cancelJob') {
      const outcome = field(result, 'outcome');
      if (field(result, 'completed') !== undefined) facts.resultOf.add(id);
      else if (outcome === 'finished-first') facts.withoutOutput.add(id);
      (outcome === undefined || outcome === 'unconfirmed' ? facts.gaveUp : facts.settled).add(id);
    }
  }
  return facts;
}

/** Of hand-written workflows, whose activities and signals say `{ id, status }` of a job. They report no duplicates. */
export function standInRecords(runs: readonly RecordedRun[], jobs: readonly RemoteJob[]): RunRecord[] {
  return recordsOf(runs, jobs, {
    facts(parts) {
      const facts = noFacts();
      const activities = parts.flatMap(({ activities }) => activities);
      const told = [...activities.map(({ result }) => result), ...parts.flatMap(({ signals }) => signals)];
      for (const said of told) {
        const id = field(said, 'id');
        if (typeof id === 'string' && field(said, 'status') === 'COMPLETED') facts.resultOf.add(id);
      }
      for (const { type, input, result } of activities) {
        const id = field(input, 'id');
        if (type === 'cancel' && typeof id === 'string' && result !== undefined) facts.settled.add(id);
      }
      return facts;
    },
    suspected: () => 0,
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
