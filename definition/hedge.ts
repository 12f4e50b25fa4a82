import type { Path } from '../config/index.js';
import type { JobSettings } from '../workflows/plan.js';
import type { Problem } from './problems.js';

/** Readers of a stream follow one job, and could not be told which of two is the one whose chunks count. */
export function problemsOfHedge(
  { hedge, stream }: JobSettings,
  given: { readonly hedge?: unknown },
  path: Path = [],
): readonly Problem[] {
  if (hedge === undefined || stream !== 'events') return [];
  return given.hedge === undefined
    ? [
        {
          path: [...path, 'stream'],
          message: `cannot be events beside the hedge that is configured, since readers follow one job: write hedge: off here, or stream: collect`,
        },
      ]
    : [
        {
          path: [...path, 'hedge'],
          message: `cannot be had with stream: events, since readers follow one job: leave it out, or write stream: collect`,
        },
      ];
}
