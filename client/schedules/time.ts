/** How a time is written: with its zone, since a schedule outlives the machine that it was written on. */
export const TIME_EXPECTED = 'a time with its zone, as 2026-01-31T09:00:00Z or 2026-01-31T09:00:00+01:00';

/** Undefined where it is not {@link TIME_EXPECTED}. */
export function parseTime(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
