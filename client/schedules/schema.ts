/** Schedules, as they may be written: one check for the typed client and for files. */
import { z } from 'zod';
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
  return z.union([z.string(), z.number()], { error: expected }).transform((value, context) => {
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
  });
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
  if (!isTimeZone(name)) {
    context.addIssue({ code: 'custom', message: 'is not a time zone of the IANA list, as Europe/Berlin or UTC' });
  }
});

const time = z.string().transform((text, context) => {
  const parsed = parseTime(text);
  if (parsed !== undefined) return parsed.toISOString();
  context.addIssue({ code: 'custom', message: `must be ${TIME_EXPECTED}` });
  return z.NEVER;
});

/** Everything but what runs. */
export const timingShape = {
  cron: z.preprocess(listOfOne, z.array(cron).min(1)).optional(),
  timezone: timezone.optional(),
  every: duration({ minMs: 1_000, wholeSeconds: true }).optional(),
  offset: duration({ wholeSeconds: true }).optional(),
  jitter: duration().optional(),
  overlap: z.enum(OVERLAPS).default('skip'),
  catchUpWindow: duration({ minMs: MIN_CATCH_UP_MS }).default(DEFAULT_CATCH_UP),
  startAt: time.optional(),
  endAt: time.optional(),
  maxRuns: z.int().min(1).optional(),
  pauseOnFailure: z.boolean().default(false),
  paused: z.boolean().optional(),
  note: z.string().min(1).max(MAX_NOTE_LENGTH).optional(),
  summary: z.string().min(1).optional(),
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

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Node takes offsets like +01:00 too, which Temporal does not.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

function listOfOne(value: unknown): unknown {
  return value === undefined || Array.isArray(value) ? value : [value];
}
