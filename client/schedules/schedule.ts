/** What a schedule is, as it is written and as it is told. */
import type { JsonValue } from '../../job-api/json.js';
import type { Duration, JobInput, PipelineInput } from '../../workflows/contract.js';

/** What happens where a run is due and the one before has not ended. */
export const OVERLAPS = ['skip', 'buffer-one', 'buffer-all', 'cancel-other', 'terminate-other', 'allow-all'] as const;
/**
 * `skip`: it is not started. `buffer-one`: it starts when the other has ended, and no more than one waits. `buffer-all`:
 * they all wait, and run one after the other. `cancel-other`: the other is cancelled, its jobs are settled, then it starts.
 * `terminate-other`: the other is terminated, and cannot settle its jobs itself. `allow-all`: both run.
 */
export type Overlap = (typeof OVERLAPS)[number];

/** When runs are due: `cron` or `every`. */
export type ScheduleTiming =
  | {
      /** Five fields (minute, hour, day of the month, month, day of the week) or `@daily` and the like; of several, all. */
      readonly cron: string | readonly string[];
      /** IANA name, as `Europe/Berlin`. Absent: `UTC`. */
      readonly timezone?: string;
    }
  | {
      /** Counted from 1970-01-01T00:00Z, in whole seconds: `"1h"` is every full hour. */
      readonly every: Duration;
      /** Later than that, by less than `every`. */
      readonly offset?: Duration;
    };

/** What a run is. */
export type ScheduledWork = { readonly job: JobInput } | { readonly pipeline: PipelineInput };

export interface ScheduleSettings {
  /** Each run starts later than it is due, by a random time of up to this. Absent: none. */
  readonly jitter?: Duration;
  /** Absent: `skip`. */
  readonly overlap?: Overlap;
  /**
   * How late a run may still be started, when Temporal was down at its time; from 10 s on. Absent: 1 hour.
   */
  readonly catchUpWindow?: Duration;
  /** ISO 8601 with a zone. No run is due before. */
  readonly startAt?: string;
  /** No run is due after. */
  readonly endAt?: string;
  /** So many runs by the clock, and no more. Those started by `trigger` and `backfill` do not count. */
  readonly maxRuns?: number;
  /** Pauses itself when a run fails. Absent: it goes on. */
  readonly pauseOnFailure?: boolean;
  /** Whether it is paused. Absent: a new one runs, and one that is there stays as it is. */
  readonly paused?: boolean;
  /** What it is for, in a line. */
  readonly note?: string;
  /** One line for people, shown in the Temporal UI beside each run. Absent: the endpoint, or the pipeline's name. */
  readonly summary?: string;
}

/** A schedule, as one is written. */
export type ScheduleInput = ScheduleTiming & ScheduledWork & ScheduleSettings;

/**
 * A schedule as it is told: defaults filled in, durations as text, `cron` as a list. Written by other tools it may also
 * hold what a {@link ScheduleInput} cannot (`intervals`, `except`, `workflow`).
 */
export interface Schedule {
  readonly cron?: readonly string[];
  readonly timezone?: string;
  readonly every?: string;
  readonly offset?: string;
  readonly jitter?: string;
  readonly overlap: Overlap;
  readonly catchUpWindow: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly maxRuns?: number;
  readonly pauseOnFailure: boolean;
  readonly note?: string;
  readonly summary: string;
  readonly taskQueue: string;
  /** The set that it belongs to: what `compare` with `prune` goes by. */
  readonly group?: string;
  readonly job?: JsonValue;
  readonly pipeline?: JsonValue;
  /** Where it has several, or has them beside `cron`. */
  readonly intervals?: readonly { readonly every: string; readonly offset: string }[];
  /** Times that are left out, as cron expressions. */
  readonly except?: readonly string[];
  /** Where it starts something that is not ours. */
  readonly workflow?: { readonly type: string; readonly args: JsonValue };
}

/** Temporal takes no pause without a reason: what stands there where none was given. */
export const NO_REASON = 'paused';

/** A run that a schedule started. */
export interface ScheduledRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** A schedule and what became of it. Times are ISO 8601. */
export interface ScheduleDescription {
  readonly id: string;
  readonly schedule: Schedule;
  readonly paused: boolean;
  /** What Temporal shows beside it: its note, or why it was paused. */
  readonly note?: string;
  /** Of `maxRuns`. */
  readonly remainingRuns?: number;
  /** When the next runs are due, jitter included; at most ten. */
  readonly next: readonly string[];
  readonly running: readonly ScheduledRun[];
  /** The last ten, oldest first. */
  readonly recent: readonly (ScheduledRun & { readonly dueAt: string; readonly startedAt: string })[];
  /** Since it was created: runs started, missed for the catch-up window, and skipped since another was running. */
  readonly counts: { readonly started: number; readonly missed: number; readonly skipped: number };
  readonly createdAt: string;
  readonly updatedAt?: string;
}

/** A schedule in a list. Temporal's lists may be a second behind. */
export interface ScheduleSummary {
  readonly id: string;
  readonly type: string;
  /** `30 3 * * * Europe/Berlin`, `every 10m`. */
  readonly when: string;
  readonly paused: boolean;
  readonly note?: string;
  readonly nextAt?: string;
  readonly lastRun?: ScheduledRun & { readonly startedAt: string };
}
