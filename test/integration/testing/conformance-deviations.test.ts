import { expect, test } from 'vitest';
import type { Fault } from '../../../emulator/index.js';
import {
  type CheckName,
  type ConformanceReport,
  checkConformance,
  type Verdict,
} from '../../../testing/conformance/index.js';
import { until } from '../harness.js';
import { AS_RUNPOD, startEmulatedEndpoint } from './emulated-endpoint.js';

function verdicts({ results }: ConformanceReport): Partial<Record<CheckName, Verdict>> {
  return Object.fromEntries(results.map(({ check, verdict }) => [check, verdict]));
}

const answers = (operation: 'purge-queue' | 'health' | 'retry' | 'cancel' | 'stream', body: object): Fault => ({
  kind: 'status',
  operation,
  httpStatus: 200,
  body: body as never,
});
const missing = (operation: 'runsync' | 'status-sync' | 'health' | 'purge-queue'): Fault => ({
  kind: 'status',
  operation,
  httpStatus: 404,
  body: 'page not found',
});

// They mostly wait, each for an emulator of its own.
test.concurrent.for<[string, Fault, Partial<Record<CheckName, Verdict>>]>([
  [
    'says nothing that can be read to a submit',
    { kind: 'malform-answer', operation: 'run' },
    { run: 'differs', status: 'not-checked' },
  ],
  [
    'gives all jobs one id',
    { kind: 'status', operation: 'run', httpStatus: 200, body: { id: 'one', status: 'IN_QUEUE' } },
    { 'run-id': 'differs', status: 'differs' },
  ],
  ['completes without the output', { kind: 'lose-output', operation: 'run' }, { 'status-end': 'differs' }],
  // From the second read on that finds the end, whichever that is: the job may have ended before its first.
  ['takes an end back', { kind: 'late-progress', operation: 'status', skip: 1 }, { 'status-end': 'differs' }],
  [
    'knows words of its own',
    { kind: 'status', operation: 'status', nth: 2, httpStatus: 200, body: { status: 'WARMING' } },
    { 'status-order': 'differs' },
  ],
  ['has no runsync', missing('runsync'), { 'run-sync': 'not-there' }],
  ['has no long poll', missing('status-sync'), { 'long-poll': 'not-there', 'long-poll-holds': 'not-there' }],
  [
    'answers a long poll at once',
    { kind: 'status', operation: 'status-sync', httpStatus: 200, body: { status: 'IN_PROGRESS' } },
    { 'long-poll': 'differs', 'long-poll-holds': 'differs', 'long-poll-unknown': 'differs' },
  ],
  [
    'says of no job that it is not there',
    { kind: 'status', operation: 'status', times: 1, httpStatus: 500, html: true },
    { 'status-unknown': 'differs' },
  ],
  [
    'gives chunks again',
    answers('stream', { status: 'COMPLETED', stream: [{ output: 'a' }] }),
    { stream: 'differs', 'stream-once': 'differs' },
  ],
  ['says that it cancels, and does not', answers('cancel', { status: 'CANCELLED' }), { cancel: 'differs' }],
  [
    'takes any retry',
    answers('retry', { status: 'IN_QUEUE' }),
    { 'retry-completed': 'differs', 'retry-unknown': 'differs' },
  ],
  ['has no health', missing('health'), { health: 'not-there' }],
  ['counts nothing', answers('health', { status: 'healthy' }), { health: 'not-there', 'key-wrong': 'ok' }],
  ['counts no purged job', answers('purge-queue', { ok: true }), { purge: 'differs', 'purge-effect': 'differs' }],
  ['calls no webhook', { kind: 'webhook-never', operation: 'run' }, { webhook: 'differs' }],
])('a deployment that %s is found out', async ([, fault, expected], context) => {
  const { emulator, suite } = await startEmulatedEndpoint(AS_RUNPOD, context);
  const { passTime: _, ...inHaste } = suite;
  emulator.setFaults([fault]);
  const seen = verdicts(await checkConformance({ ...inHaste, patienceMs: 1_500, largeBodies: false }));
  expect(seen).toMatchObject(expected);
});

test('one that is not there at all differs in its submit, and nothing else is claimed of it', async (context) => {
  const { emulator, suite } = await startEmulatedEndpoint(AS_RUNPOD, context);
  await emulator.close();
  const report = await checkConformance(suite);
  expect(report).toMatchObject({ conforms: false, jobs: 0 });
  expect(report.results.filter(({ verdict }) => verdict === 'ok')).toEqual([]);
  expect(verdicts(report)).toMatchObject({ run: 'differs', status: 'not-checked', health: 'not-checked' });
});

test('what it has no sample and no leave for is not checked, and it says why', async (context) => {
  const { suite } = await startEmulatedEndpoint(AS_RUNPOD, context);
  const { provider, apiKey, endpointId } = suite;
  const { results, jobs, conforms } = await checkConformance({
    ...{ provider, apiKey, endpointId },
    samples: { quick: suite.samples.quick },
  });
  const left = results.filter(({ verdict }) => verdict === 'not-checked');
  expect(left.map(({ check }) => check)).toEqual([
    ...['size-run', 'size-run-sync', 'long-poll-holds', 'stream', 'stream-once', 'cancel', 'failure', 'retry'],
    ...['purge', 'purge-effect', 'webhook', 'execution-timeout', 'ttl', 'retention', 'retention-sync'],
  ]);
  for (const { detail } of left) expect(detail).toMatch(/^(needs|would|takes|large)/);
  expect({ jobs, conforms }).toEqual({ jobs: 4, conforms: true });
});

test('stopped, it cancels what it submitted', async (context) => {
  const { emulator, suite } = await startEmulatedEndpoint(AS_RUNPOD, context);
  const stop = new AbortController();
  const quick = { input: { does: 'last' } };
  const checking = checkConformance({ ...suite, samples: { quick }, signal: stop.signal });
  await until('a job runs', () => emulator.jobs().some(({ status }) => status === 'IN_PROGRESS'));
  stop.abort(new Error('enough'));
  await expect(checking).rejects.toThrow('enough');
  expect(emulator.jobs().map(({ status }) => status)).not.toContain('IN_PROGRESS');
});
