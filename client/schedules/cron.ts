import type { ScheduleSpecDescription } from '@temporalio/client';

/** A set of times as Temporal holds it: those that match every field. */
export type Calendar = NonNullable<ScheduleSpecDescription['calendars']>[number];
type Range = Calendar['minute'][number];

/** A cron expression that is none; the message says which field, and what it takes. */
export class InvalidCron extends Error {
  override readonly name = 'InvalidCron';
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** In the order of their numbers, from `min`. */
  readonly words?: readonly string[];
}

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

const SECOND: Field = { name: 'second', min: 0, max: 59 };
const MINUTE: Field = { name: 'minute', min: 0, max: 59 };
const HOUR: Field = { name: 'hour', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { name: 'day of the month', min: 1, max: 31 };
const MONTH: Field = { name: 'month', min: 1, max: 12, words: MONTHS };
const DAY_OF_WEEK: Field = { name: 'day of the week', min: 0, max: 6, words: DAYS };

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/**
 * The calendar of a cron expression of five fields, which keeps the expression as its comment. Parsed here and not by the
 * server, so that a mistake is found before anything changes, and what the server holds can be compared with what is
 * wanted. As in Temporal, and unlike in a crontab, a time must match both the day of the month and the day of the week.
 *
 * @throws {InvalidCron}
 */
export function parseCron(expression: string): Calendar {
  const comment = expression.trim().replace(/\s+/g, ' ');
  if (/^(CRON_)?TZ=/.test(comment)) throw new InvalidCron('the time zone goes into the field timezone');
  if (comment.startsWith('@every')) throw new InvalidCron('for @every there is the field every');
  const shorthand = SHORTHANDS[comment.toLowerCase()];
  if (shorthand === undefined && comment.startsWith('@')) {
    throw new InvalidCron(`${comment} is not known (known: ${Object.keys(SHORTHANDS).join(', ')})`);
  }
  const fields = (shorthand ?? comment).split(' ');
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields;
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek || fields.length > 5) {
    throw new InvalidCron(
      'a cron expression has five fields: minute, hour, day of the month, month, day of the week, as in "30 3 * * MON-FRI"',
    );
  }
  return {
    second: [{ start: 0, end: 0, step: 1 }],
    minute: parseField(minute, MINUTE),
    hour: parseField(hour, HOUR),
    dayOfMonth: parseField(dayOfMonth, DAY_OF_MONTH),
    month: parseField(month, MONTH).map((range) => named(range, MONTH.min, MONTHS)),
    dayOfWeek: parseField(dayOfWeek, DAY_OF_WEEK).map((range) => named(range, DAY_OF_WEEK.min, DAYS)),
    year: [],
    comment,
  };
}

/** A calendar as a cron expression: as it was written, where it came from one, else with a field more for years or seconds. */
export function cronOf(calendar: Calendar): string {
  if (calendar.comment && isWritten(calendar.comment, calendar)) return calendar.comment;
  const seconds = formatField(calendar.second, SECOND);
  const year = calendar.year.length === 0 ? '*' : calendar.year.map((range) => formatRange(range)).join(',');
  const five = [
    formatField(calendar.minute, MINUTE),
    formatField(calendar.hour, HOUR),
    formatField(calendar.dayOfMonth, DAY_OF_MONTH),
    formatField(
      calendar.month.map((range) => numbered(range, MONTH.min, MONTHS)),
      MONTH,
    ),
    formatField(
      calendar.dayOfWeek.map((range) => numbered(range, DAY_OF_WEEK.min, DAYS)),
      DAY_OF_WEEK,
    ),
  ].join(' ');
  if (seconds !== '0') return `${seconds} ${five} ${year}`;
  return year === '*' ? five : `${five} ${year}`;
}

/** Whether the calendar is still what its comment says: tools may change the one and leave the other. */
function isWritten(comment: string, calendar: Calendar): boolean {
  try {
    const written = parseCron(comment);
    return (['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek', 'year'] as const).every(
      (field) => JSON.stringify(written[field]) === JSON.stringify(calendar[field]),
    );
  } catch {
    return false;
  }
}

function parseField(text: string, field: Field): Range[] {
  return text.split(',').flatMap((part) => parsePart(part, field));
}

function parsePart(part: string, field: Field): Range[] {
  const { range, step: stepText } = /^(?<range>[^/]*)(\/(?<step>\d{1,2}))?$/.exec(part)?.groups ?? {};
  const step = stepText === undefined ? 1 : Number(stepText);
  if (range === undefined || step === 0 || step > field.max) throw wrong(part, field);
  if (range === '*') return [{ start: field.min, end: field.max, step }];

  const [from = '', to, ...rest] = range.split('-');
  const start = numberOf(from, field);
  // `5/15` is from 5 on, every 15.
  const end = to === undefined ? (stepText === undefined ? start : field.max) : numberOf(to, field);
  if (start === undefined || end === undefined || rest.length > 0) throw wrong(part, field);
  if (field !== DAY_OF_WEEK) {
    if (end < start) throw wrong(part, field);
    return [{ start, end, step }];
  }
  // As the end of a range, Sunday comes after Saturday: FRI-SUN.
  return daysOfWeek({ start, end: end === 0 && start > 0 && to !== undefined ? SUNDAY_AGAIN : end, step }, part);
}

/** Crontabs count Sunday as 0 and as 7; Temporal knows 0 alone. */
const SUNDAY_AGAIN = 7;

function daysOfWeek({ start, end, step }: Range, part: string): Range[] {
  const sunday = { start: 0, end: 0, step: 1 };
  if (start === SUNDAY_AGAIN && end === SUNDAY_AGAIN) return [sunday];
  if (end < start) throw wrong(part, DAY_OF_WEEK);
  if (end < SUNDAY_AGAIN) return [{ start, end, step }];
  const days = { start, end: DAY_OF_WEEK.max, step };
  return (SUNDAY_AGAIN - start) % step === 0 ? [days, sunday] : [days];
}

function numberOf(text: string, { min, max, words }: Field): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= min && number <= (words === DAYS ? SUNDAY_AGAIN : max) ? number : undefined;
  }
  const word = text.toUpperCase();
  const index = words?.findIndex((name) => isShort(word, name)) ?? -1;
  return index === -1 ? undefined : index + min;
}

/** `MON` and `MONDAY`, but not `MOND`. */
function isShort(word: string, name: string): boolean {
  return word === name || (word.length === 3 && name.startsWith(word));
}

function wrong(part: string, { name, min, max, words }: Field): InvalidCron {
  const wordsToo = words === undefined ? '' : ` or ${words[0]?.slice(0, 3)} to ${words.at(-1)?.slice(0, 3)}`;
  return new InvalidCron(
    `${JSON.stringify(part.slice(0, 40))} is no ${name}: it takes ${min} to ${max}${wordsToo}, *, ranges (a-b), steps (*/n), and lists of them (a,b)`,
  );
}

interface NamedRange<Name> {
  readonly start: Name;
  readonly end: Name;
  readonly step: number;
}

function named<Name extends string>({ start, end, step }: Range, min: number, names: readonly Name[]) {
  const [from, to] = [names[start - min], names[end - min]];
  if (from === undefined || to === undefined) throw new RangeError(`no name for ${start} to ${end}`);
  return { start: from, end: to, step };
}

function numbered<Name>({ start, end, step }: NamedRange<Name>, min: number, names: readonly Name[]): Range {
  return { start: names.indexOf(start) + min, end: names.indexOf(end) + min, step };
}

function formatField(ranges: readonly Range[], field: Field): string {
  return ranges.map((range) => formatRange(range, field)).join(',');
}

function formatRange({ start, end, step }: Range, field?: Field): string {
  const isAll = start === field?.min && end === field.max;
  const range = isAll ? '*' : start === end ? String(start) : `${start}-${end}`;
  return step === 1 || start === end ? range : `${range}/${step}`;
}
