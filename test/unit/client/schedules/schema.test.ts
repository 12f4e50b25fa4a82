import { describe, expect, it } from 'vitest';
import { scheduleSchema } from '../../../../client/schedules/schema.js';
import { checkShape, formatPath } from '../../../../config/index.js';

const job = { endpoint: 'local/echo', input: { n: 1 } };
const problems = (schedule: object) => {
  const checked = checkShape(scheduleSchema, schedule);
  return 'problems' in checked ? checked.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`) : [];
};

describe('a schedule', () => {
  it('gets its defaults, and durations in one spelling', () => {
    expect(checkShape(scheduleSchema, { job, every: 7_200_000, offset: '60s', jitter: 1_500 })).toEqual({
      value: {
        job,
        every: '2h',
        offset: '1m',
        jitter: '1500ms',
        overlap: 'skip',
        catchUpWindow: '1h',
        pauseOnFailure: false,
      },
    });
  });

  it.each([
    [{ job }, [': must say when runs are due: by cron, or by every']],
    [{ job, cron: '@daily', every: '1h' }, ['every: cannot stand beside cron: runs are due by either']],
    [{ cron: '@daily' }, [': must hold what runs: either job or pipeline']],
    [{ cron: '@daily', job, pipeline: {} }, [': must hold what runs: either job or pipeline']],
    [{ job, cron: [] }, ['cron: must not be empty']],
    [
      { job, cron: '@daily', timezone: 'Europe/Bremen' },
      ['timezone: is not a time zone of the IANA list, as Europe/Berlin or UTC'],
    ],
    [
      { job, cron: '@daily', timezone: '+01:00' },
      ['timezone: is not a time zone of the IANA list, as Europe/Berlin or UTC'],
    ],
    [{ job, every: '1h', timezone: 'UTC' }, ['timezone: goes with cron: every counts in UTC']],
    [{ job, every: '500ms' }, ['every: must be at least 1s']],
    [{ job, every: 1_500 }, ['every: must be in whole seconds']],
    [{ job, every: '1h', offset: '1h' }, ['offset: must be less than every']],
    [{ job, cron: '@daily', offset: '1m' }, ['offset: goes with every']],
    [{ job, cron: '@daily', catchUpWindow: '5s' }, ['catchUpWindow: must be at least 10s']],
    [
      { job, cron: '@daily', overlap: 'queue' },
      ['overlap: must be skip or buffer-one or buffer-all or cancel-other or terminate-other or allow-all'],
    ],
    [
      { job, cron: '@daily', startAt: '2026-01-01' },
      ['startAt: must be a time with its zone, as 2026-01-31T09:00:00Z or 2026-01-31T09:00:00+01:00'],
    ],
    [
      { job, cron: '@daily', startAt: '2026-01-02T00:00Z', endAt: '2026-01-01T00:00Z' },
      ['endAt: must be after startAt'],
    ],
    [{ job, cron: '@daily', maxRuns: 0 }, ['maxRuns: must be at least 1']],
    [{ job, cron: '@daily', timeZone: 'UTC' }, ['timeZone: unknown field (did you mean timezone?)']],
  ])('%j is refused', (schedule, expected) => {
    expect(problems(schedule)).toEqual(expected);
  });

  it('is told each of its mistakes', () => {
    expect(problems({ job, cron: ['0 3 * * *', '60 * * * *'], jitter: 'a bit', note: '' })).toHaveLength(3);
  });

  it.each(['UTC', 'EST5EDT', 'Europe/Berlin', 'US/Eastern', 'Asia/Calcutta', 'Asia/Kolkata', 'America/Port_of_Spain'])(
    'may be in the zone %s',
    (timezone) => {
      expect(problems({ job, cron: '@daily', timezone })).toEqual([]);
    },
  );

  it.each([
    ['europe/berlin', 'is written Europe/Berlin'],
    ['us/eastern', 'is not a time zone of the IANA list'],
  ])('is refused the zone %s, which Temporal does not know by that', (timezone, message) => {
    expect(problems({ job, cron: '@daily', timezone })).toEqual([expect.stringContaining(message)]);
  });
});
