import { describe, expect, it } from 'vitest';
import { judgeWait } from '../../../activities/wait-verdict.js';
import type { RemoteJob } from '../../../job-api/job.js';

const T0 = Date.parse('2026-01-01T00:00:00.000Z');
const handle = {
  provider: 'p',
  endpointId: 'e',
  jobId: 'j',
  submittedAt: new Date(T0).toISOString(),
  ttlMs: 3_600_000,
};
const job = (over: Partial<RemoteJob>): RemoteJob => ({ jobId: 'j', status: 'IN_QUEUE', ...over });

describe('a 404', () => {
  const MINUTE = 60_000;
  const kept = { ...handle, ttlMs: 24 * 60 * MINUTE, retentionMs: 30 * MINUTE };
  const at = (ms: number) => new Date(T0 + ms).toISOString();
  it.each<[string, Partial<Parameters<typeof judgeWait>[0]>, object]>([
    [
      'of a job that nobody had read, after the time that a result stays, is an expired result',
      { now: T0 + 31 * MINUTE },
      {
        expired: true,
        message: `job j is lost: its result expired at ${at(30 * MINUTE)} or later, 1800 s after its end; nobody had read it before, 1860 s ago`,
      },
    ],
    [
      'counts from when the job was last seen alive',
      { now: T0 + 50 * MINUTE, aliveAt: T0 + 10 * MINUTE },
      {
        expired: true,
        message: `job j is lost: its result expired at ${at(40 * MINUTE)} or later, 1800 s after its end; it was last seen alive at ${at(10 * MINUTE)}, 2400 s ago`,
      },
    ],
    [
      'of a job whose result would still be there is a loss by the platform',
      { now: T0 + 39 * MINUTE, aliveAt: T0 + 10 * MINUTE },
      { message: 'the provider no longer knows job j (2340 s after its submit): it vanished' },
    ],
  ])('%s', (_, waiting, expected) => {
    const limits = { queueMs: 60 * MINUTE, runMs: 60 * MINUTE, now: T0 };
    const missingSince = (waiting.now ?? T0) - 3_000;
    expect(judgeWait({ handle: kept, ...limits, missingSince, ...waiting }, 'not-found')).toEqual({
      kind: 'over',
      type: 'JobLost',
      ...expected,
    });
  });
});

describe('a 404 that comes once', () => {
  const limits = { handle, queueMs: 60_000, runMs: 20_000 };
  it.each(['not-found', 'endpoint-not-found'] as const)('is asked for again, %s', (answer) => {
    const now = T0 + 40_000;
    const first = judgeWait({ ...limits, now, runningSince: T0 }, answer);
    expect(first).toEqual({ kind: 'waiting', withinMs: 3_000, missingSince: now, runningSince: T0 });
    const missing = { ...limits, runningSince: T0, missingSince: now };
    expect(judgeWait({ ...missing, now: now + 2_000 }, answer)).toMatchObject({ kind: 'waiting', withinMs: 1_000 });
    expect(judgeWait({ ...missing, now: now + 3_000 }, answer)).toMatchObject({ kind: 'over', type: 'JobLost' });
  });

  it('is enough where the time of the job is over', () => {
    expect(judgeWait({ ...limits, now: T0 + handle.ttlMs }, 'not-found')).toMatchObject({ kind: 'over' });
    const kept = { ...handle, retentionMs: 600_000 };
    const expired = judgeWait({ ...limits, handle: kept, now: T0 + 600_000 }, 'not-found');
    expect(expired).toMatchObject({ kind: 'over', expired: true });
  });
});

describe('judgeWait', () => {
  const limits = { handle, queueMs: 60_000, runMs: 20_000 };
  it.each<[string, number, number | undefined, Parameters<typeof judgeWait>[1], object]>([
    ['waits in the queue until its limit', 10_000, undefined, job({}), { kind: 'waiting', withinMs: 50_000 }],
    ['ends at the queue limit', 60_000, undefined, job({}), { kind: 'over', type: 'QueueTimeout' }],
    ['treats a status made up since as waiting', 10_000, undefined, job({ status: 'UNKNOWN' }), { kind: 'waiting' }],
    [
      'counts the run from the end of the delay that the provider tells',
      15_000,
      undefined,
      job({ status: 'IN_PROGRESS', delayTimeMs: 5_000 }),
      { kind: 'waiting', withinMs: 10_000, runningSince: T0 + 5_000 },
    ],
    [
      'counts the run from the first sight where it does not',
      15_000,
      undefined,
      job({ status: 'IN_PROGRESS' }),
      { kind: 'waiting', withinMs: 20_000, runningSince: T0 + 15_000 },
    ],
    [
      'keeps the first sight of an earlier read',
      15_000,
      2_000,
      job({ status: 'IN_PROGRESS', delayTimeMs: 9_000 }),
      { kind: 'waiting', withinMs: 7_000, runningSince: T0 + 2_000 },
    ],
    [
      'does not apply the queue limit to a job that runs',
      65_000,
      undefined,
      job({ status: 'IN_PROGRESS', delayTimeMs: 59_000 }),
      { kind: 'waiting' },
    ],
    [
      'does not start the queue limit again after a re-dispatch',
      65_000,
      50_000,
      job({ retries: 1 }),
      { kind: 'waiting', withinMs: 5_000 },
    ],
    ['ends at the run limit', 40_000, 20_000, job({ status: 'IN_PROGRESS' }), { kind: 'over', type: 'RunTimeout' }],
    ['takes a result that is there, whatever the limits', 999_000, 0, job({ status: 'COMPLETED' }), { kind: 'ended' }],
    ['takes a failure as an end', 1_000, undefined, job({ status: 'TIMED_OUT' }), { kind: 'ended' }],
    [
      'gives a fresh job the benefit of the doubt',
      10_000,
      undefined,
      'not-found',
      { kind: 'waiting', withinMs: 20_001 },
    ],
    [
      'takes a 404 on an older job as a loss',
      31_000,
      undefined,
      'not-found',
      { kind: 'over', type: 'JobLost', message: expect.stringContaining('vanished') },
    ],
    [
      'says that the ttl was over',
      3_700_000,
      undefined,
      'not-found',
      { kind: 'over', type: 'JobLost', message: expect.stringContaining('ttl') },
    ],
    [
      'says that the endpoint is gone',
      31_000,
      undefined,
      'endpoint-not-found',
      { kind: 'over', type: 'JobLost', message: expect.stringContaining('endpoint e is gone') },
    ],
  ])('%s', (_, ageMs, runningSince, answer, expected) => {
    const waiting = {
      ...limits,
      now: T0 + ageMs,
      ...(runningSince === undefined ? {} : { runningSince: T0 + runningSince }),
      missingSince: T0,
    };
    expect(judgeWait(waiting, answer)).toMatchObject(expected);
  });
});
