/** Answers of providers, as their documents show them, their own code writes them, or they were seen. */

import type { DialectName } from '../job-api/dialects/index.js';
import type { Operation } from '../job-api/http/call.js';

interface Answer {
  readonly dialect: DialectName;
  readonly operation: Operation;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const DONE = { id: 'JOB', status: 'COMPLETED', delayTime: 31_618, executionTime: 1_437, output: { text: 'Hi' } };

export const ANSWERS: readonly Answer[] = [
  { dialect: 'runpod', operation: 'run', body: { id: 'JOB', status: 'IN_QUEUE' } },
  { dialect: 'runpod', operation: 'runSync', body: DONE },
  { dialect: 'runpod', operation: 'status', body: { id: 'JOB', status: 'IN_PROGRESS', output: 'step 3 of 8' } },
  { dialect: 'runpod', operation: 'status', body: { ...DONE, workerId: 'w1', retries: 1 } },
  {
    dialect: 'runpod',
    operation: 'status',
    body: { id: 'JOB', status: 'FAILED', error: 'job timed out after 1 retries' },
  },
  { dialect: 'runpod', operation: 'status', body: { id: 'JOB', status: 'WARMING' } },
  { dialect: 'runpod', operation: 'statusSync', body: { id: 'JOB', status: 'IN_QUEUE' } },
  {
    dialect: 'runpod',
    operation: 'stream',
    body: { status: 'IN_PROGRESS', stream: [{ output: 'A', metrics: { output_tokens: 1 } }] },
  },
  { dialect: 'runpod', operation: 'cancel', body: { id: 'JOB', status: 'CANCELLED' } },
  { dialect: 'runpod', operation: 'retry', body: { id: 'JOB', status: 'IN_QUEUE' } },
  { dialect: 'runpod', operation: 'purgeQueue', body: { removed: 2, status: 'completed' } },
  {
    dialect: 'runpod',
    operation: 'health',
    body: {
      jobs: { completed: 1, failed: 5, inProgress: 0, inQueue: 2, retried: 0 },
      workers: { idle: 1, initializing: 0, ready: 1, running: 0, throttled: 0, unhealthy: 0 },
    },
  },
  { dialect: 'submodel', operation: 'status', body: DONE },
  {
    dialect: 'submodel',
    operation: 'status',
    body: { code: 20_000, message: 'success', data: { id: 'JOB', status: 'completed', output: 1 } },
  },
  { dialect: 'submodel', operation: 'stream', body: [{ metrics: { output_tokens: 1 }, output: { text: [' How'] } }] },
  {
    dialect: 'submodel',
    operation: 'health',
    body: { jobs: { completed: 1, inQueue: 2 }, workers: { idle: 0, running: 0 } },
  },
  {
    dialect: 'gateway',
    operation: 'run',
    headers: { 'x-runpod-endpoint-id': 'abc' },
    body: { id: 'JOB', status: 'IN_QUEUE' },
  },
  { dialect: 'gateway', operation: 'purgeQueue', body: { ok: true, purged: 2 } },
  { dialect: 'gateway', operation: 'health', body: { status: 'healthy' } },
];

interface Refusal {
  readonly dialect: DialectName;
  readonly httpStatus: number;
  /** Empty: whatever it is, the status decides. */
  readonly body: unknown;
}

const upstream = (upstream_status: number, upstream_body: string) => ({
  error: { code: 'upstream_error', message: '…', detail: { upstream_status, upstream_body } },
});

export const REFUSALS: readonly Refusal[] = [
  { dialect: 'runpod', httpStatus: 400, body: '' },
  { dialect: 'runpod', httpStatus: 400, body: 'body: exceeded max body size of 10MiB' },
  { dialect: 'runpod', httpStatus: 502, body: 'body: exceeded max body size of 10MiB' },
  { dialect: 'runpod', httpStatus: 401, body: '' },
  { dialect: 'runpod', httpStatus: 402, body: '' },
  { dialect: 'runpod', httpStatus: 404, body: { error: 'job not found' } },
  { dialect: 'runpod', httpStatus: 404, body: { error: 'endpoint not found' } },
  { dialect: 'runpod', httpStatus: 404, body: '<html>…</html>' },
  { dialect: 'runpod', httpStatus: 413, body: '' },
  { dialect: 'runpod', httpStatus: 429, body: '' },
  { dialect: 'runpod', httpStatus: 502, body: '<html>…</html>' },
  { dialect: 'runpod', httpStatus: 200, body: { error: 'could not queue job' } },
  { dialect: 'runpod', httpStatus: 200, body: '{"id":"JO' },
  ...[40_000, 40_100, 40_300, 40_400, 40_900, 50_000].map((code) => ({
    dialect: 'submodel' as const,
    httpStatus: 200,
    body: { code, message: '…', data: null },
  })),
  { dialect: 'submodel', httpStatus: 401, body: '' },
  { dialect: 'gateway', httpStatus: 400, body: { error: { code: 'missing_endpoint_id', message: '…' } } },
  { dialect: 'gateway', httpStatus: 401, body: { error: { code: 'unauthorized', message: '…' } } },
  { dialect: 'gateway', httpStatus: 402, body: { error: { code: 'insufficient_credits', message: '…' } } },
  { dialect: 'gateway', httpStatus: 429, body: { allowed: false, exceeded: 'minute' } },
  { dialect: 'gateway', httpStatus: 502, body: upstream(404, 'job not found') },
  { dialect: 'gateway', httpStatus: 502, body: upstream(401, '') },
  { dialect: 'gateway', httpStatus: 400, body: upstream(502, '') },
];
