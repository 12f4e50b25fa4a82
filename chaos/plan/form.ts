/** How much of it: the numbers by which the short form, which runs with the tests, differs from the full one. */
export interface Form {
  readonly name: 'full' | 'short';
  /** Jobs of the load, for JobRelay and for each stand-in. */
  readonly jobs: number;
  /** Whether the same load goes through JobRelay with webhooks too, and through what people do without it. */
  readonly withOthers: boolean;
  /** Items of the largest `forEach`; over 100, so that it runs in slices. */
  readonly fanItems: number;
  /** Runs are started evenly over this time. */
  readonly startsMs: number;
  /** From this time on, from the first start, something is disturbed, */
  readonly disturbFromMs: number;
  /** until then. */
  readonly disturbToMs: number;
  /** About how often a worker of each fleet is killed. */
  readonly killEveryMs: number;
  readonly serverKills: number;
  readonly cuts: number;
  readonly freezes: number;
  /** A run that is ended from outside is ended so long after its start, at the latest. */
  readonly exitWithinMs: number;
  /** Run time of jobs that nobody will want any more when their run is over. */
  readonly longMs: number;
  /** Every crash point is killed so often. */
  readonly killsPerPoint: number;
  /** Runs that are open so long after the last disturbance are stuck. */
  readonly stuckAfterMs: number;
}

/** A job may still run so long after its run ended, whichever way. */
export const SETTLED_WITHIN_MS = 60_000;

export const FULL: Form = {
  name: 'full',
  jobs: 1_000,
  withOthers: true,
  fanItems: 120,
  startsMs: 180_000,
  disturbFromMs: 4_000,
  disturbToMs: 220_000,
  killEveryMs: 15_000,
  serverKills: 4,
  cuts: 3,
  freezes: 2,
  exitWithinMs: 12_000,
  longMs: 420_000,
  killsPerPoint: 20,
  stuckAfterMs: 180_000,
};

export const SHORT: Form = {
  name: 'short',
  jobs: 150,
  withOthers: false,
  fanItems: 102,
  startsMs: 6_000,
  disturbFromMs: 2_000,
  disturbToMs: 9_000,
  killEveryMs: 3_500,
  serverKills: 1,
  cuts: 1,
  freezes: 0,
  exitWithinMs: 5_000,
  longMs: 180_000,
  killsPerPoint: 1,
  stuckAfterMs: 100_000,
};
