import type { RemoteJob, RunRecord } from '../accounting/evidence.js';

/** A line of the file in which a script keeps what it has. */
export type ScriptLine =
  | { readonly run: string; readonly seen: string }
  | { readonly run: string; readonly unit: string; readonly result: string }
  | { readonly run: string; readonly ended: ScriptEnd; readonly at: number };

export type ScriptEnd = 'completed' | 'failed' | 'cancelled' | 'terminated';

/** What a script has on record: its file is all that there is. Pure. */
export function scriptRecord(run: string, lines: readonly ScriptLine[], jobs: readonly RemoteJob[]): RunRecord {
  const own = lines.filter((line) => line.run === run);
  const seen = new Set(own.flatMap((line) => ('seen' in line ? [line.seen] : [])));
  const [end] = own.flatMap((line) => ('ended' in line ? [line] : []));
  return {
    run,
    end: end?.ended ?? 'open',
    ...(end && { closedAt: end.at }),
    known: new Set(jobs.flatMap(({ id }) => (seen.has(id) ? [id] : []))),
    resultOf: new Set(own.flatMap((line) => ('result' in line ? [line.result] : []))),
    withoutOutput: new Set(),
    settled: new Set(),
    gaveUp: new Set(),
    suspectedDuplicates: 0,
    failedTasks: 0,
  };
}
