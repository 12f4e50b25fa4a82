import type { FieldChange, ScheduleChange } from '../../client/schedules/changes.js';
import {
  NO_REASON,
  type Schedule,
  type ScheduleDescription,
  type ScheduleSummary,
} from '../../client/schedules/schedule.js';
import { describeTimes } from '../../client/schedules/temporal.js';
import type { JsonValue } from '../../job-api/json.js';
import { tableLines } from '../table.js';

const NEXT_SHOWN = 3;
const RECENT_SHOWN = 5;

/** The text of `jobrelay schedule describe`. */
export function describeSchedule(description: ScheduleDescription): string {
  const { id, schedule, paused, note, remainingRuns, next, running, recent, counts } = description;
  const { jitter, startAt, endAt, maxRuns, overlap, catchUpWindow, pauseOnFailure, taskQueue, group } = schedule;
  const isReason = note !== undefined && note !== schedule.note && note !== NO_REASON;
  const why = isReason ? `: ${note}` : '';
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['runs', schedule.summary || schedule.workflow?.type],
    ['when', describeTimes(schedule)],
    ['jitter', jitter && `up to ${jitter}`],
    ['from', startAt],
    ['until', endAt],
    ['overlap', overlap],
    ['catch-up', catchUpWindow],
    ['on failure', pauseOnFailure ? 'pauses itself' : undefined],
    ['runs left', maxRuns === undefined ? undefined : `${remainingRuns} of ${maxRuns}`],
    ['note', schedule.note],
    ['group', group],
    ['queue', taskQueue],
    ['next', next.slice(0, NEXT_SHOWN).join(', ') || 'never'],
    ['so far', `${counts.started} started, ${counts.missed} missed, ${counts.skipped} skipped`],
    ...running.map(({ workflowId }) => ['running', workflowId] as const),
    ...recent
      .slice(-RECENT_SHOWN)
      .reverse()
      .map(({ startedAt, workflowId }) => ['started', `${startedAt}  ${workflowId}`] as const),
  ];
  return [
    `${id}: ${paused ? `paused${why}` : 'active'}`,
    ...rows.flatMap(([label, text]) => (text ? [`  ${label.padEnd(10)}  ${text}`] : [])),
  ].join('\n');
}

/** The table of `jobrelay schedule list`. */
export function describeList(schedules: readonly ScheduleSummary[]): string {
  const rows = [
    ['SCHEDULE', 'STATE', 'RUNS', 'NEXT', 'WHEN'],
    ...schedules.map(({ id, paused, type, nextAt = '-', when }) => [
      id,
      paused ? 'paused' : 'active',
      type,
      nextAt,
      when,
    ]),
  ];
  return tableLines(rows).join('\n');
}

const SIGNS = { create: '+', update: '~', delete: '-', unchanged: '=' } as const;

/** What `jobrelay schedule apply` will do, and how many of each. */
export function describeChanges(changes: readonly ScheduleChange[]): string {
  const lines = changes.flatMap((change) => [
    `${SIGNS[change.kind]} ${change.id}${change.kind === 'create' ? `: ${describeNew(change.schedule)}` : ''}`,
    ...(change.kind === 'update' ? change.fields.map((field) => `    ${describeField(field)}`) : []),
  ]);
  return [...lines, countChanges(changes)].join('\n');
}

/** `1 to create, 2 to change, 0 to delete, 5 unchanged` */
function countChanges(changes: readonly ScheduleChange[]): string {
  const of = (kind: ScheduleChange['kind']) => changes.filter((change) => change.kind === kind).length;
  return `${of('create')} to create, ${of('update')} to change, ${of('delete')} to delete, ${of('unchanged')} unchanged`;
}

function describeNew(schedule: Schedule): string {
  return `${schedule.summary}, ${describeTimes(schedule)}`;
}

function describeField({ field, from, to }: FieldChange): string {
  return `${field}: ${describeValue(from)} -> ${describeValue(to)}`;
}

/** Long enough for a name or a time; an input is for the file to tell. */
const MAX_VALUE_LENGTH = 120;

function describeValue(value: JsonValue | undefined): string {
  if (value === undefined) return '(none)';
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH - 1)}…`;
}
