import ms from 'ms';
import type { RunSummary } from '../client/list-runs.js';
import { tableLines } from './table.js';

/** The table of `jobrelay list`: a head, and a line for each run. */
export function describeRuns(runs: readonly RunSummary[], nowMs: number): readonly string[] {
  return tableLines([
    ['RUN', 'TYPE', 'STATUS', 'STARTED', 'TOOK', 'OF'],
    ...runs.map((run) => [
      run.workflowId,
      run.type,
      run.unsettled ? `${run.status}, unsettled` : run.status,
      // Without milliseconds.
      run.startedAt.replace(/\.\d+Z$/, 'Z'),
      took(run, nowMs),
      run.pipeline ?? run.endpoints?.join(', ') ?? '',
    ]),
  ]);
}

/** Up to now, where it has not ended. */
function took({ startedAt, closedAt }: RunSummary, nowMs: number): string {
  const endMs = closedAt === undefined ? nowMs : Date.parse(closedAt);
  // The server's clock may be ahead of ours.
  return ms(Math.max(0, endMs - Date.parse(startedAt)));
}
