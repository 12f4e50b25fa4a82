import { describe, expect, it } from 'vitest';
import { type JobEvent, jobsOfRun, type PendingActivity } from '../../../activities/handles-in-history.js';
import type { JobHandle } from '../../../job-api/index.js';

const handle = (jobId: string): JobHandle => ({
  provider: 'runpod',
  endpointId: 'abc',
  jobId,
  submittedAt: '2026-01-01T00:00:00.000Z',
  ttlMs: 600_000,
});

const scheduled = (id: string, type: string, input: unknown = {}): JobEvent => ({ kind: 'scheduled', id, type, input });
const completed = (scheduledId: string, result: unknown): JobEvent => ({ kind: 'completed', scheduledId, result });
const failed = (scheduledId: string, ...details: unknown[]): JobEvent => ({ kind: 'failed', scheduledId, details });

/** A job that was submitted; what follows is of its waiting, whose event is `2`. */
const awaited = (...more: JobEvent[]): JobEvent[] => [
  scheduled('1', 'submitJob'),
  completed('1', { handle: handle('a') }),
  scheduled('2', 'awaitJob', { handle: handle('a') }),
  ...more,
];
const cancelled = (...more: JobEvent[]): JobEvent[] => [
  ...awaited(failed('2')),
  scheduled('3', 'cancelJob', { handle: handle('a') }),
  ...more,
];
const inSubmit = (details: unknown): PendingActivity[] => [{ type: 'submitJob', details }];

interface Case {
  readonly what: string;
  readonly events?: readonly JobEvent[];
  readonly pending?: readonly PendingActivity[];
  readonly unended?: readonly string[];
  readonly abandoned?: readonly string[];
  readonly suspected?: number;
}

describe('the jobs of a run', () => {
  it.each<Case>([
    { what: 'none, of an empty history' },
    { what: 'one whose submit was the last that was done', events: awaited().slice(0, 2), unended: ['a'] },
    {
      what: 'none, where it ended with its submit',
      events: [scheduled('1', 'submitJob'), completed('1', { handle: handle('a'), completed: { output: 1 } })],
    },
    { what: 'one that is waited for', events: awaited(), unended: ['a'] },
    { what: 'none, where it completed', events: awaited(completed('2', { output: 1 })) },
    { what: 'none, where it was seen to fail', events: awaited(failed('2', { jobId: 'a', ended: true })) },
    { what: 'one that passed a limit', events: awaited(failed('2', { jobId: 'a', ended: false })), unended: ['a'] },
    { what: 'one whose wait timed out', events: awaited(failed('2', { status: 'IN_PROGRESS' })), unended: ['a'] },
    { what: 'one that is being cancelled', events: cancelled(), unended: ['a'] },
    { what: 'none, where it was cancelled', events: cancelled(completed('3', { outcome: 'stopped' })) },
    { what: 'none, where it is gone', events: cancelled(completed('3', { outcome: 'gone' })) },
    {
      what: 'one that was not seen to end, and is given up',
      events: cancelled(completed('3', { outcome: 'unconfirmed' })),
      unended: ['a'],
      abandoned: ['a'],
    },
    { what: 'one whose settling failed', events: cancelled(failed('3')), unended: ['a'], abandoned: ['a'] },
    {
      what: 'one of a submit that ended after its answer',
      events: [scheduled('1', 'submitJob'), failed('1', { phase: 'accepted', handle: handle('a') })],
      unended: ['a'],
    },
    {
      what: 'one of a submit that was under way when the run closed',
      events: [scheduled('1', 'submitJob')],
      pending: inSubmit({ phase: 'accepted', handle: handle('a') }),
      unended: ['a'],
    },
    {
      what: 'none that has a name, of a submit without an answer',
      events: [scheduled('1', 'submitJob'), failed('1', { phase: 'sending' }), scheduled('2', 'submitJob')],
      pending: inSubmit({ phase: 'sending' }),
      suspected: 2,
    },
    { what: 'none, of a submit that was refused', pending: inSubmit({ phase: 'refused' }) },
    { what: 'none, of a submit that had not begun', pending: inSubmit(undefined) },
    {
      what: 'none, where a reader of its stream saw it end',
      events: [
        ...awaited(),
        scheduled('3', 'streamJob', { handle: handle('a') }),
        failed('3', { jobId: 'a', ended: true }),
      ],
    },
    {
      what: 'one that was put back into the queue after it had failed',
      events: [
        ...awaited(failed('2', { jobId: 'a', ended: true })),
        scheduled('3', 'retryJob', { handle: handle('a') }),
      ],
      unended: ['a'],
    },
    {
      what: 'those that a slice, or a nested pipeline, says may still run',
      events: [
        {
          kind: 'told',
          value: [
            {
              done: 3,
              settlement: {
                jobs: [
                  { handle: handle('a'), settled: 'unconfirmed' },
                  { handle: handle('b'), settled: 'stopped' },
                ],
              },
            },
          ],
        },
      ],
      unended: ['a'],
      abandoned: ['a'],
    },
    {
      what: 'none, of activities of other people that look alike',
      events: [completed('7', { handle: handle('a') }), failed('8', { phase: 'sending' })],
    },
    {
      what: 'none, of a request that names a job and does not follow it',
      events: [scheduled('1', 'retryJob', { handle: { provider: 'runpod', endpointId: 'abc', jobId: 'a' } })],
    },
  ])('are $what', ({ events = [], pending = [], unended = [], abandoned = [], suspected = 0 }) => {
    const jobs = jobsOfRun(events, pending);
    expect(jobs.unended.map(({ jobId }) => jobId)).toEqual(unended);
    expect(jobs.abandoned.map(({ jobId }) => jobId)).toEqual(abandoned);
    expect(jobs.suspectedDuplicates).toBe(suspected);
  });

  const target = { provider: 'runpod', endpointId: 'abc', webhook: { adoptMs: 60_000 } };
  const { webhook: _, ...unhooked } = target;
  const submit = (to: object): JobEvent => ({
    ...{ kind: 'scheduled', id: '1', type: 'submitJob', input: { target: to } },
    activityId: 'submit-1',
  });
  const lost: JobEvent = { kind: 'failed', scheduledId: '1', details: [{ phase: 'sending' }], atMs: 1_000 };
  const decided = (atMs: number): JobEvent => ({ kind: 'decided', atMs });

  it.each<[string, readonly JobEvent[], readonly PendingActivity[], readonly string[]]>([
    [
      'that was under way when the run closed',
      [submit(unhooked)],
      [{ type: 'submitJob', activityId: 'submit-1', details: { phase: 'sending' } }],
      ['runpod/abc'],
    ],
    ['that ended when its code ran no more', [decided(1), submit(unhooked), lost], [], ['runpod/abc']],
    ['that its code has seen', [submit(unhooked), lost, decided(1_001)], [], []],
    ['whose webhook it still waited for', [submit(target), lost, decided(1_001)], [], ['runpod/abc']],
    ['whose webhook it had waited for', [submit(target), lost, decided(1_001), decided(61_000)], [], []],
  ])('tell whether the run has seen a submit without an answer: one %s', (_what, events, pending, unseen) => {
    const jobs = jobsOfRun(events, pending);
    expect(jobs.suspectedDuplicates).toBe(1);
    expect(jobs.unseen).toEqual(unseen);
  });

  it('suspect no submit whose job its webhook has named', () => {
    const wait = scheduled('2', 'awaitJob', { handle: handle('a'), webhook: { submit: 'submit-1', arrived: true } });
    const jobs = jobsOfRun([submit(target), lost, decided(1_001), wait]);
    expect(jobs).toMatchObject({ suspectedDuplicates: 0, unseen: [] });
    expect(jobs.unended).toEqual([handle('a')]);
  });

  it('are known also where they have ended, for the runs before a reset', () => {
    expect([...jobsOfRun(awaited(completed('2', {}))).known.values()]).toEqual([handle('a')]);
  });
});
