import { describe, expect, it } from 'vitest';
import { cronOf, InvalidCron, parseCron } from '../../../../client/schedules/cron.js';

const every = (start: number, end: number, step = 1) => ({ start, end, step });

describe('parseCron', () => {
  it('reads five fields', () => {
    expect(parseCron('*/15 8-18 1,15 JAN-MAR MON-FRI')).toEqual({
      second: [every(0, 0)],
      minute: [every(0, 59, 15)],
      hour: [every(8, 18)],
      dayOfMonth: [every(1, 1), every(15, 15)],
      month: [{ start: 'JANUARY', end: 'MARCH', step: 1 }],
      dayOfWeek: [{ start: 'MONDAY', end: 'FRIDAY', step: 1 }],
      year: [],
      comment: '*/15 8-18 1,15 JAN-MAR MON-FRI',
    });
  });

  it.each([
    ['5/20 * * * *', 'minute', [every(5, 59, 20)]],
    ['10-40/10 * * * *', 'minute', [every(10, 40, 10)]],
    ['@hourly', 'minute', [every(0, 0)]],
    ['@Yearly', 'month', [{ start: 'JANUARY', end: 'JANUARY', step: 1 }]],
    ['0 0 * december *', 'month', [{ start: 'DECEMBER', end: 'DECEMBER', step: 1 }]],
    ['0 0 * * 0', 'dayOfWeek', [{ start: 'SUNDAY', end: 'SUNDAY', step: 1 }]],
    ['0 0 * * 7', 'dayOfWeek', [{ start: 'SUNDAY', end: 'SUNDAY', step: 1 }]],
    ['0 0 * * sun', 'dayOfWeek', [{ start: 'SUNDAY', end: 'SUNDAY', step: 1 }]],
    ['0 0 * * 0-6', 'dayOfWeek', [{ start: 'SUNDAY', end: 'SATURDAY', step: 1 }]],
  ] as const)('reads %j', (expression, field, ranges) => {
    expect(parseCron(expression)[field]).toEqual(ranges);
  });

  it.each(['5-7', 'FRI-SUN', 'fri-0'])('goes on to Sunday in %s', (days) => {
    expect(parseCron(`0 0 * * ${days}`).dayOfWeek).toEqual([
      { start: 'FRIDAY', end: 'SATURDAY', step: 1 },
      { start: 'SUNDAY', end: 'SUNDAY', step: 1 },
    ]);
  });

  it('counts steps to Sunday', () => {
    expect(parseCron('0 0 * * 1-7/2').dayOfWeek).toHaveLength(2);
    expect(parseCron('0 0 * * 2-7/2').dayOfWeek).toHaveLength(1);
  });

  it.each([
    ['61 * * * *', '"61" is no minute: it takes 0 to 59'],
    ['* 24 * * *', '"24" is no hour'],
    ['* * 0 * *', '"0" is no day of the month: it takes 1 to 31'],
    ['* * * 13 *', '"13" is no month: it takes 1 to 12 or JAN to DEC'],
    ['* * * * MOND', '"MOND" is no day of the week: it takes 0 to 6 or SUN to SAT'],
    ['* * * * 8', '"8" is no day of the week'],
    ['*/0 * * * *', '"*/0" is no minute'],
    ['*/90 * * * *', '"*/90" is no minute'],
    ['30-10 * * * *', '"30-10" is no minute'],
    ['10-20-30 * * * *', '"10-20-30" is no minute'],
    ['1,,2 * * * *', '"" is no minute'],
    ['-5 * * * *', '"-5" is no minute'],
    ['* * * * SAT-MON', '"SAT-MON" is no day of the week'],
    ['* * * * L', '"L" is no day of the week'],
    ['* * * *', 'a cron expression has five fields'],
    ['0 * * * * *', 'a cron expression has five fields'],
    ['', 'a cron expression has five fields'],
    ['@fortnightly', '@fortnightly is not known (known: @hourly, @daily'],
    ['@every 5m', 'for @every there is the field every'],
    ['TZ=UTC 0 * * * *', 'the time zone goes into the field timezone'],
  ])('refuses %j', (expression, message) => {
    expect(() => parseCron(expression)).toThrow(InvalidCron);
    expect(() => parseCron(expression)).toThrow(message);
  });
});

describe('cronOf', () => {
  it.each(['*/15 8-18 1,15 JAN-MAR MON-FRI', '@daily', '0 0 * * 5-7', '5/20 3 * * *'])(
    'gives back %j as it was written',
    (expression) => expect(cronOf(parseCron(expression))).toBe(expression),
  );

  it.each([
    ['@weekly', '0 0 * * 0'],
    ['*/15 8-18 1,15 JAN-MAR MON-FRI', '*/15 8-18 1,15 1-3 1-5'],
    ['0 0 * * 5-7', '0 0 * * 5-6,0'],
  ])('writes the calendar of %j where it has no comment', (expression, written) => {
    const { comment: _, ...calendar } = parseCron(expression);
    expect(cronOf(calendar)).toBe(written);
    expect(cronOf({ ...calendar, comment: 'when the boats come in' })).toBe(written);
  });

  it('does not believe a comment that the calendar no longer meets', () => {
    const calendar = parseCron('30 3 * * *');
    expect(cronOf({ ...calendar, hour: [every(4, 4)] })).toBe('30 4 * * *');
  });

  it('writes the years and seconds that other tools set', () => {
    const calendar = { ...parseCron('30 3 * * *'), comment: '' };
    expect(cronOf({ ...calendar, year: [every(2026, 2030)] })).toBe('30 3 * * * 2026-2030');
    expect(cronOf({ ...calendar, second: [every(10, 10)] })).toBe('10 30 3 * * * *');
  });
});
