/** Between a schedule as it is told here and as Temporal holds it. Pure: no calls. */
import type {
  ScheduleOptions,
  ScheduleOverlapPolicy,
  ScheduleSpecDescription,
  ScheduleDescription as TemporalDescription,
  ScheduleSummary as TemporalSummary,
} from '@temporalio/client';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import { INPUT_DIGEST_MEMO, WORKFLOW_TYPES } from '../../workflows/contract.js';
import { inputDigest } from '../input-digest.js';
import { startDetails } from '../start-details.js';
import { startSummary } from '../start-summary.js';
import { cronOf, parseCron } from './cron.js';
import { formatDuration } from './format-duration.js';
import type { Overlap, Schedule, ScheduleDescription, ScheduleSummary } from './schedule.js';
import { type CheckedSchedule, milliseconds } from './schema.js';

/**
 * In the memo of the action, and so of each run: what Temporal has no place for, or writes over. Its count of runs left
 * goes down, and a pause replaces the note.
 */
export const SCHEDULE_MEMO = 'jobrelay.schedule';
interface ScheduleMemo {
  readonly note?: string;
  readonly maxRuns?: number;
  /** How many runs there were beyond `maxRuns` when it was lowered: Temporal's count ends at 0. */
  readonly surplusRuns?: number;
  readonly group?: string;
}

const DEFAULT_ZONE = 'UTC';

/** The schedule that was asked for, as it will be told once Temporal has it. */
export function toSchedule(
  checked: CheckedSchedule,
  place: { readonly taskQueue: string; readonly group?: string },
): Schedule {
  const { cron, timezone, every, offset, paused: _state, summary, job, pipeline, ...settings } = checked;
  const type = job === undefined ? WORKFLOW_TYPES.pipeline : WORKFLOW_TYPES.job;
  const input = (job ?? pipeline ?? {}) as JsonObject;
  return withoutUndefined({
    ...(cron !== undefined && { cron, timezone: timezone ?? DEFAULT_ZONE }),
    ...(every !== undefined && { every, offset }),
    ...settings,
    summary: startSummary(type, input, summary),
    ...place,
    [type]: input,
  });
}

/** What runs, by the name of its workflow type. */
export function workOf({ job, pipeline }: Schedule): { readonly type: 'job' | 'pipeline'; readonly input: JsonObject } {
  return job === undefined
    ? { type: WORKFLOW_TYPES.pipeline, input: pipeline as JsonObject }
    : { type: WORKFLOW_TYPES.job, input: job as JsonObject };
}

export interface ScheduleState {
  readonly paused: boolean;
  readonly note?: string;
  readonly remainingRuns?: number;
  /** The runs that there were beyond `maxRuns`. Absent: none. */
  readonly surplusRuns?: number;
}

/** `prepared` is the input as it travels, its large parts stored. */
export function toTemporal(id: string, schedule: Schedule, prepared: JsonObject, state: ScheduleState) {
  const { type, input } = workOf(schedule);
  const { note, maxRuns, group } = schedule;
  const memo: ScheduleMemo = withoutUndefined({ note, maxRuns, surplusRuns: state.surplusRuns, group });
  return {
    scheduleId: id,
    spec: {
      ...(schedule.cron && { calendars: schedule.cron.map(parseCron), timezone: schedule.timezone ?? DEFAULT_ZONE }),
      ...(schedule.every && {
        intervals: [
          { every: milliseconds(schedule.every), offset: schedule.offset ? milliseconds(schedule.offset) : 0 },
        ],
      }),
      ...(schedule.jitter && { jitter: milliseconds(schedule.jitter) }),
      ...(schedule.startAt && { startAt: new Date(schedule.startAt) }),
      ...(schedule.endAt && { endAt: new Date(schedule.endAt) }),
    },
    action: {
      type: 'startWorkflow',
      workflowType: type,
      workflowId: `${type}:${id}`,
      taskQueue: schedule.taskQueue,
      args: [prepared],
      memo: { [SCHEDULE_MEMO]: memo, [INPUT_DIGEST_MEMO]: inputDigest(input) },
      staticSummary: schedule.summary,
      staticDetails: startDetails(input, undefined),
    },
    policies: {
      overlap: toPolicy(schedule.overlap),
      catchupWindow: milliseconds(schedule.catchUpWindow),
      pauseOnFailure: schedule.pauseOnFailure,
    },
    state: {
      paused: state.paused,
      ...(state.note !== undefined && { note: state.note }),
      ...(state.remainingRuns !== undefined && { remainingActions: state.remainingRuns }),
    },
  } satisfies ScheduleOptions;
}

/** What Temporal describes. The input is the one that a run gets: its large parts are references. */
export function fromTemporal(description: TemporalDescription): Schedule {
  const { spec, action, policies, state } = description;
  const memo = memoOf(description);
  const note = memo === undefined ? state.note : memo.note;
  return withoutUndefined({
    ...timesOf(spec),
    overlap: fromPolicy(policies.overlap),
    catchUpWindow: formatDuration(policies.catchupWindow),
    pauseOnFailure: policies.pauseOnFailure,
    ...(state.remainingActions !== undefined && { maxRuns: memo?.maxRuns ?? state.remainingActions }),
    ...(note && { note }),
    summary: action.staticSummary ?? '',
    taskQueue: action.taskQueue,
    group: memo?.group,
    ...(isOurs(action.workflowType)
      ? { [action.workflowType]: (action.args?.[0] ?? {}) as JsonValue }
      : { workflow: { type: action.workflowType, args: (action.args ?? []) as JsonValue } }),
  });
}

/** How many runs by the clock there were of its `maxRuns`, those included that a lowered one has no room for. */
export function countedRuns(description: TemporalDescription): number {
  const { maxRuns } = fromTemporal(description);
  const { remainingActions } = description.state;
  if (maxRuns === undefined || remainingActions === undefined) return 0;
  return maxRuns - remainingActions + (memoOf(description)?.surplusRuns ?? 0);
}

export function isOurs(workflowType: string | undefined): workflowType is 'job' | 'pipeline' {
  return workflowType === WORKFLOW_TYPES.job || workflowType === WORKFLOW_TYPES.pipeline;
}

/** sha256 of the input as it was given, where the one that travels has references in the place of large parts. */
export function digestOf({ action }: TemporalDescription): string | undefined {
  return action.memo?.[INPUT_DIGEST_MEMO] as string | undefined;
}

export function toDescription(description: TemporalDescription): ScheduleDescription {
  const { scheduleId, state, info } = description;
  return {
    id: scheduleId,
    schedule: fromTemporal(description),
    paused: state.paused,
    ...(state.note && { note: state.note }),
    ...(state.remainingActions !== undefined && { remainingRuns: state.remainingActions }),
    next: info.nextActionTimes.map((due) => due.toISOString()),
    running: info.runningActions.map(({ workflow }) => runOf(workflow)),
    recent: info.recentActions.map(({ scheduledAt, takenAt, action }) => ({
      ...runOf(action.workflow),
      dueAt: scheduledAt.toISOString(),
      startedAt: takenAt.toISOString(),
    })),
    counts: {
      started: info.numActionsTaken,
      missed: info.numActionsMissedCatchupWindow,
      skipped: info.numActionsSkippedOverlap,
    },
    createdAt: info.createdAt.toISOString(),
    ...(info.lastUpdatedAt && { updatedAt: info.lastUpdatedAt.toISOString() }),
  };
}

export function toSummary({ scheduleId, spec, action, state, info }: TemporalSummary): ScheduleSummary {
  const [next] = info.nextActionTimes;
  const last = info.recentActions.at(-1);
  return {
    id: scheduleId,
    type: action?.workflowType ?? '',
    when: describeTimes(timesOf(spec ?? {})),
    paused: state.paused,
    ...(state.note && { note: state.note }),
    ...(next && { nextAt: next.toISOString() }),
    ...(last && { lastRun: { ...runOf(last.action.workflow), startedAt: last.takenAt.toISOString() } }),
  };
}

/** `30 3 * * * Europe/Berlin`, `every 10m, 1m later` */
export function describeTimes(times: Partial<Schedule>): string {
  const { cron = [], timezone = DEFAULT_ZONE, every, offset, intervals = [], except = [] } = times;
  const all = every === undefined ? intervals : [{ every, offset: offset ?? '0ms' }];
  return [
    ...cron.map((expression) => `${expression} ${timezone}`),
    ...all.map((interval) => `every ${interval.every}${interval.offset === '0ms' ? '' : `, ${interval.offset} later`}`),
    ...except.map((expression) => `but not ${expression} ${timezone}`),
  ].join('; ');
}

function timesOf(spec: ScheduleSpecDescription): Partial<Schedule> {
  const { calendars = [], intervals = [], skip = [], timezone, jitter, startAt, endAt } = spec;
  const written = intervals.map(({ every, offset }) => ({
    every: formatDuration(every),
    offset: formatDuration(offset ?? 0),
  }));
  const [only] = written;
  const isPlain = calendars.length === 0 && written.length === 1 && only !== undefined;
  return withoutUndefined({
    ...(calendars.length > 0 && { cron: calendars.map(cronOf), timezone: timezone || DEFAULT_ZONE }),
    ...(isPlain && { every: only.every, ...(only.offset !== '0ms' && { offset: only.offset }) }),
    ...(!isPlain && written.length > 0 && { intervals: written }),
    ...(skip.length > 0 && { except: skip.map(cronOf) }),
    ...(jitter && { jitter: formatDuration(jitter) }),
    startAt: startAt?.toISOString(),
    endAt: endAt?.toISOString(),
  });
}

function memoOf({ action }: TemporalDescription): ScheduleMemo | undefined {
  return action.memo?.[SCHEDULE_MEMO] as ScheduleMemo | undefined;
}

function runOf({ workflowId, firstExecutionRunId }: { workflowId: string; firstExecutionRunId: string }) {
  return { workflowId, runId: firstExecutionRunId };
}

/** `buffer-one` and `BUFFER_ONE`. */
export function toPolicy(overlap: Overlap): NonNullable<ScheduleOverlapPolicy> {
  return overlap.toUpperCase().replace('-', '_') as NonNullable<ScheduleOverlapPolicy>;
}

function fromPolicy(policy: ScheduleOverlapPolicy): Overlap {
  return (policy ?? 'SKIP').toLowerCase().replace('_', '-') as Overlap;
}

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
