/** Schedules, as they may be written: one check for the typed client and for files. */
import { z } from 'zod';
import { WRITTEN_DURATION } from '../../config/duration.js';
import { closedObject, InvalidDuration, parseDuration } from '../../config/index.js';
import { InvalidCron, parseCron } from './cron.js';
import { formatDuration } from './format-duration.js';
import { OVERLAPS } from './schedule.js';
import { parseTime, TIME_EXPECTED } from './time.js';

const DAY_MS = 86_400_000;
const MAX_MS = 366 * DAY_MS;
/** Temporal takes a shorter window for this one (its documentation of schedules). */
const MIN_CATCH_UP_MS = 10_000;
const DEFAULT_CATCH_UP = '1h';
/** Temporal takes 400 bytes of a summary, and a note is for one line of a table. */
const MAX_NOTE_LENGTH = 500;

interface DurationRules {
  readonly minMs?: number;
  readonly wholeSeconds?: boolean;
}

/** A duration, as text that is the same for the same time: `60s` and 60000 are `1m`. */
function duration({ minMs = 1, wholeSeconds = false }: DurationRules = {}) {
  const expected = 'must be a duration like "90s", "5m" or "1h", or milliseconds as a number';
  return z
    .union([z.string().meta({ pattern: WRITTEN_DURATION.source }), z.number().meta({ exclusiveMinimum: 0 })], {
      error: expected,
    })
    .transform((value, context) => {
      try {
        const milliseconds = parseDuration(value, MAX_MS);
        if (milliseconds < minMs) throw new InvalidDuration(`must be at least ${formatDuration(minMs)}`);
        if (wholeSeconds && milliseconds % 1_000 !== 0) throw new InvalidDuration('must be in whole seconds');
        return formatDuration(milliseconds);
      } catch (error) {
        if (!(error instanceof InvalidDuration)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    })
    .meta({ title: 'duration' });
}

const cron = z.string().transform((text, context) => {
  try {
    return parseCron(text).comment ?? '';
  } catch (error) {
    if (!(error instanceof InvalidCron)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const timezone = z.string().superRefine((name, context) => {
  const message = problemOfTimeZone(name);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const time = z.string().transform((text, context) => {
  const parsed = parseTime(text);
  if (parsed !== undefined) return parsed.toISOString();
  context.addIssue({ code: 'custom', message: `must be ${TIME_EXPECTED}` });
  return z.NEVER;
});

/** Everything but what runs. */
export const timingShape = {
  cron: z
    .preprocess(listOfOne, z.array(cron).min(1))
    .optional()
    .meta({
      description:
        'When runs are due: minute, hour, day of the month, month, day of the week, or @daily and the like; one or several.',
      examples: ['30 3 * * MON-FRI', '*/15 * * * *', '@daily'],
      orOne: true,
    }),
  timezone: timezone.optional().meta({
    description: 'Of cron: an IANA name.',
    default: 'UTC',
    examples: ['Europe/Berlin'],
  }),
  every: duration({ minMs: 1_000, wholeSeconds: true })
    .optional()
    .meta({
      description: 'In the place of cron: an interval, counted from 1970-01-01T00:00Z.',
      examples: ['10m', '1h'],
    }),
  offset: duration({ wholeSeconds: true })
    .optional()
    .meta({ description: 'So much later than every says.', examples: ['1m'] }),
  jitter: duration()
    .optional()
    .meta({ description: 'Each run starts later, by a random time of up to this.', examples: ['30s'] }),
  overlap: z
    .enum(OVERLAPS)
    .default('skip')
    .describe('What happens where a run is due and the one before has not ended.'),
  catchUpWindow: duration({ minMs: MIN_CATCH_UP_MS }).default(DEFAULT_CATCH_UP).meta({
    description: 'How late a run may still be started, when Temporal was down at its time; from 10 s on.',
    default: DEFAULT_CATCH_UP,
  }),
  startAt: time.optional().meta({ description: 'No run is due before.', examples: ['2026-01-31T09:00:00+01:00'] }),
  endAt: time.optional().meta({ description: 'No run is due after.', examples: ['2026-12-31T23:59:59Z'] }),
  maxRuns: z.int().min(1).optional().describe('So many runs by the clock, and no more.'),
  pauseOnFailure: z.boolean().default(false).describe('Pauses the schedule when a run fails.'),
  paused: z.boolean().optional().describe('Whether it is paused. Absent: it stays as it is; a new one runs.'),
  note: z.string().min(1).max(MAX_NOTE_LENGTH).optional().describe('What it is for, in a line.'),
  summary: z.string().min(1).optional().describe('The line beside each run in the Temporal UI.'),
};

type Timing = z.output<z.ZodObject<typeof timingShape>>;

/** What no field can tell alone. */
export function checkTiming(timing: Timing, context: z.RefinementCtx): void {
  const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const { cron: times, every, offset, timezone: zone, startAt, endAt } = timing;
  if (times !== undefined && every !== undefined) wrong(['every'], 'cannot stand beside cron: runs are due by either');
  if (times === undefined && every === undefined) wrong([], 'must say when runs are due: by cron, or by every');
  if (zone !== undefined && times === undefined) wrong(['timezone'], 'goes with cron: every counts in UTC');
  if (offset !== undefined) {
    if (every === undefined) wrong(['offset'], 'goes with every');
    else if (parseDuration(offset, MAX_MS) >= parseDuration(every, MAX_MS))
      wrong(['offset'], 'must be less than every');
  }
  if (startAt !== undefined && endAt !== undefined && startAt >= endAt) wrong(['endAt'], 'must be after startAt');
}

/** What runs are is left to the worker, which knows its endpoints; here it has to be an object. */
const work = z.record(z.string(), z.json());

export const scheduleSchema = closedObject({
  ...timingShape,
  job: work.optional(),
  pipeline: work.optional(),
}).superRefine((schedule, context) => {
  checkTiming(schedule, context);
  if ((schedule.job === undefined) === (schedule.pipeline === undefined)) {
    context.addIssue({ code: 'custom', message: 'must hold what runs: either job or pipeline' });
  }
});

/** A schedule that was checked. */
export type CheckedSchedule = z.output<typeof scheduleSchema>;

/** Milliseconds of a duration that was checked. */
export function milliseconds(checked: string): number {
  return parseDuration(checked, MAX_MS);
}

const NO_TIME_ZONE = 'is not a time zone of the IANA list, as Europe/Berlin or UTC';

/** Node takes more than Temporal does, which would say so only once other schedules of a file are made. */
function problemOfTimeZone(name: string): string | undefined {
  let known: string;
  try {
    known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return NO_TIME_ZONE;
  }
  // Offsets like +01:00.
  if (!/^[A-Za-z]/.test(name)) return NO_TIME_ZONE;
  if (known === name) return undefined;
  if (known.toLowerCase() === name.toLowerCase()) return `is written ${known}`;
  // Of an alias Node tells what it stands for, not how it is written; each part of one begins with a capital.
  return name.split('/').every((part) => /^[A-Z]/.test(part)) ? undefined : NO_TIME_ZONE;
}

function listOfOne(value: unknown): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}
