import { describe, expect, test } from 'vitest';
import { classifyEnd } from '../../../job-api/classify.js';
import type { RemoteJob } from '../../../job-api/job.js';

const ended = (job: Partial<RemoteJob>): RemoteJob => ({ jobId: 'j-1', status: 'FAILED', ...job });

const exception = (fields: object) =>
  JSON.stringify({
    error_type: "<class 'ValueError'>",
    error_message: 'no such image',
    error_traceback: 'Traceback (most recent call last):\n  File "handler.py", line 3\nValueError: no such image\n',
    hostname: 'pod-1',
    worker_id: 'w-1',
    runpod_version: '1.12.0',
    ...fields,
  });

test.each<[string, Partial<RemoteJob>, string, string | undefined]>([
  ['a completed job', { status: 'COMPLETED', output: null }, 'completed', undefined],
  ['an exception of the handler', { error: exception({}) }, 'JobFailed', 'no such image'],
  ['an error that the handler returned', { error: 'bad prompt', output: { seed: 1 } }, 'JobFailed', 'bad prompt'],
  ['an error that is an object', { error: { code: 7 } }, 'JobFailed', '{"code":7}'],
  ['a failure without a reason', {}, 'JobFailed', 'the job failed and gave no reason'],
  ['an empty reason', { error: ' ' }, 'JobFailed', 'the job failed and gave no reason'],
  ['a lost re-dispatch', { error: 'job timed out after 1 retries' }, 'PlatformFailed', 'job timed out after 1 retries'],
  [
    'a lost re-dispatch said as TIMED_OUT',
    { status: 'TIMED_OUT', error: 'job timed out after 2 retries' },
    'PlatformFailed',
    undefined,
  ],
  ['a lost worker', { error: 'worker lost' }, 'PlatformFailed', 'worker lost'],
  ['a worker that exited', { error: 'Worker exited with exit code 137' }, 'PlatformFailed', undefined],
  ['an image that could not be pulled', { error: 'failed to pull image: not found' }, 'PlatformFailed', undefined],
  ['a container that did not start', { error: 'error starting container' }, 'PlatformFailed', undefined],
  [
    'a platform text inside an exception',
    { error: exception({ error_message: 'worker lost' }) },
    'JobFailed',
    'worker lost',
  ],
  ['a platform text further in', { error: 'my upstream says: worker lost' }, 'JobFailed', undefined],
  [
    'an execution timeout said as FAILED',
    { error: 'executionTimeout exceeded' },
    'RunTimeout',
    'executionTimeout exceeded',
  ],
  ['a time-out of a job that ran', { status: 'TIMED_OUT', executionTimeMs: 5_000 }, 'RunTimeout', undefined],
  ['a time-out of a job that a worker had', { status: 'TIMED_OUT', workerId: 'w-1' }, 'RunTimeout', undefined],
  ['a time-out of a job that never ran', { status: 'TIMED_OUT', executionTimeMs: 0 }, 'QueueTimeout', undefined],
  ['a cancelled job', { status: 'CANCELLED' }, 'JobCancelled', 'the job was cancelled at the provider'],
])('reads %s', (_what, job, kind, message) => {
  const end = classifyEnd(ended(job));
  expect(end.kind).toBe(kind);
  if (message !== undefined) expect(end).toMatchObject({ error: { message } });
});

describe('an exception', () => {
  test('is taken apart, its Python class by name', () => {
    expect(classifyEnd(ended({ error: exception({}) }))).toEqual({
      kind: 'JobFailed',
      error: { message: 'no such image', type: 'ValueError', traceback: expect.stringMatching(/^Traceback/) },
    });
  });

  test('keeps the end of a long traceback, and the start of a long message', () => {
    const error = exception({
      error_message: 'a'.repeat(9_000),
      error_traceback: `${'b'.repeat(9_000)}\nValueError: x`,
    });
    const end = classifyEnd(ended({ error }));
    if (end.kind === 'completed') throw new Error('unreachable');
    expect(end.error.message).toMatch(/^a+…$/);
    expect(end.error.traceback).toMatch(/^…b+\nValueError: x$/);
    expect(Buffer.byteLength(end.error.message)).toBeLessThanOrEqual(2048);
    expect(Buffer.byteLength(end.error.traceback ?? '')).toBeLessThanOrEqual(2048);
  });

  test('without a message is still of the handler', () => {
    const error = JSON.stringify({ error_type: 'KeyError' });
    expect(classifyEnd(ended({ error }))).toMatchObject({ kind: 'JobFailed', error: { type: 'KeyError' } });
  });

  test('that is cut in the middle is kept as text', () => {
    expect(classifyEnd(ended({ error: '{"error_type": "Ke' }))).toMatchObject({
      kind: 'JobFailed',
      error: { message: '{"error_type": "Ke' },
    });
  });
});

test.each(['IN_QUEUE', 'IN_PROGRESS', 'UNKNOWN'] as const)('refuses to call %s an end', (status) => {
  expect(() => classifyEnd(ended({ status }))).toThrow(RangeError);
});
