import type { ScheduleChange } from './changes.js';
import type { Overlap, ScheduleDescription, ScheduledRun, ScheduleInput, ScheduleSummary } from './schedule.js';

export interface TriggerOptions {
  /** Absent: `allow-all`. */
  readonly overlap?: Overlap;
}

export interface BackfillSpan {
  readonly from: Date;
  readonly to: Date;
  /** Absent: `buffer-all`, one after the other. */
  readonly overlap?: Overlap;
}

export interface CompareOptions {
  /** The set that these schedules are. Absent: `default`. */
  readonly group?: string;
  /** Deletes the schedules of the same group that are not among those wanted. */
  readonly prune?: boolean;
}

/** Runs by the clock: Temporal Schedules whose runs are jobs and pipelines. */
export interface Schedules {
  /**
   * Makes a schedule. What its runs are is checked by the worker when they start, as with `client.start`.
   *
   * @throws {InvalidInput} naming the field, {@link ScheduleExists}, {@link InputTooLarge}
   * @example
   * await client.schedules.create('nightly', { cron: '30 3 * * *', timezone: 'Europe/Berlin', job: { endpoint: 'sdxl', input } });
   */
  create(id: string, schedule: ScheduleInput): Promise<ScheduleDescription>;
  /** Those of JobRelay, in the whole namespace. */
  list(): AsyncIterable<ScheduleSummary>;
  /** @throws {ScheduleNotFound} */
  describe(id: string): Promise<ScheduleDescription>;
  /**
   * Starts a run now, also of one that is paused.
   *
   * @returns the run; undefined where none began within 5 s, since `overlap` made it wait or be skipped, or since one
   *   was triggered within the same second
   * @throws {ScheduleNotFound}
   */
  trigger(id: string, options?: TriggerOptions): Promise<ScheduledRun | undefined>;
  /** Starts no more runs by the clock; those that run go on. @throws {ScheduleNotFound} */
  pause(id: string, reason?: string): Promise<void>;
  /** @throws {ScheduleNotFound} */
  resume(id: string): Promise<void>;
  /**
   * Starts the runs that were due in a time that has passed, `from` and `to` included; they may be the same. Of a schedule
   * with `jitter`, `to` counts for the time at which a run begins, later than it is due.
   *
   * @throws {ScheduleNotFound}, {@link InvalidInput} where `from` is after `to`
   */
  backfill(id: string, span: BackfillSpan): Promise<void>;
  /** Runs that it started go on. @throws {ScheduleNotFound} */
  delete(id: string): Promise<void>;
  /**
   * What has to be done so that the schedules are as wanted. Changes nothing.
   *
   * @throws {InvalidInput}, {@link ScheduleExists} where an id is that of a schedule that is not of JobRelay
   * @example
   * await client.schedules.apply(await client.schedules.compare({ nightly: { cron: '@daily', job } }));
   */
  compare(
    wanted: Readonly<Record<string, ScheduleInput>>,
    options?: CompareOptions,
  ): Promise<readonly ScheduleChange[]>;
  /**
   * Does what {@link Schedules.compare} found, in order. Where it throws, what was done before stays; it can be repeated. What
   * somebody else has done meanwhile, such as a second one beside it, is not done again.
   *
   * @throws {ScheduleExists} where a schedule was made meanwhile that is not as it is wanted
   */
  apply(changes: readonly ScheduleChange[]): Promise<void>;
}
