import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dialect, WireAnswer } from '../../../job-api/dialect.js';
import { DIALECT_NAMES, DIALECTS } from '../../../job-api/dialects/index.js';
import { JobApiError } from '../../../job-api/errors.js';
import { failureOf } from '../../../job-api/failure.js';
import type { Call, JobAnswerCall } from '../../../job-api/http/call.js';
import { isSubmit } from '../../../job-api/http/call.js';
import { quoteWithout } from '../../../job-api/http/quote.js';
import { isTerminal, type RemoteJob } from '../../../job-api/job.js';
import { body, callOf, headers, httpStatus, PENDING, spelled, TERMINAL, wireObject } from './arbitrary-answers.js';
import { answer } from './wire.js';

const CASES = { numRuns: 10_000 };
const TIMEOUT_MS = 120_000;
const SECRET = 'rpa_0123456789abcdef';
const JOB_CALLS = ['status', 'cancel', 'retry'] as const;

const received = fc
  .record({
    httpStatus,
    headers,
    body: fc.oneof(
      body,
      body.map((text) => `${text} ${SECRET}`),
    ),
  })
  .map((parts): WireAnswer => ({ ...parts, receivedAtMs: 0, quote: quoteWithout([SECRET]) }));

function read(dialect: Dialect, call: Call, given: WireAnswer): unknown {
  switch (call.operation) {
    case 'stream':
      return dialect.readStream(call, given);
    case 'purgeQueue':
      return dialect.readPurge(call, given);
    case 'health':
      return dialect.readHealth(call, given);
    default:
      return dialect.readJob(call, given);
  }
}

/** What the rest of the program takes for granted of whatever was read. */
function check(dialect: Dialect, call: Call, value: unknown): void {
  switch (call.operation) {
    case 'stream':
      for (const chunk of (value as { chunks: { output: unknown }[] }).chunks) expect(chunk.output).toBeDefined();
      return;
    case 'purgeQueue':
      expect((value as { removed: number }).removed).toBeGreaterThanOrEqual(0);
      return;
    case 'health':
      for (const counters of Object.values(value as object)) {
        for (const count of Object.values(counters as object)) expect(count).toBeGreaterThanOrEqual(0);
      }
      return;
    default: {
      const { jobId, status, endpointId } = value as RemoteJob;
      expect(jobId).not.toBe('');
      expect(['IN_QUEUE', 'IN_PROGRESS', ...TERMINAL, 'UNKNOWN']).toContain(status);
      if ('jobId' in call) expect(jobId).toBe(call.jobId);
      if (endpointId !== undefined) expect(dialect.whyNotEndpoint(endpointId)).toBeUndefined();
    }
  }
}

function checkFailure(call: Call, error: unknown, { httpStatus: http }: WireAnswer): void {
  if (!(error instanceof JobApiError)) throw error;
  const failure = failureOf(call, error);
  expect([failure.message, failure.body, String(failure.cause)].join().includes(SECRET)).toBe(false);
  expect(Buffer.byteLength(failure.body ?? '')).toBeLessThanOrEqual(2048);
  if (failure.retryAfterMs !== undefined) expect(failure.retryAfterMs).toBeGreaterThanOrEqual(0);
  // A success that can't be read may have made a job.
  const isUnread = error.code === 'ProtocolError' && http >= 200 && http < 300;
  if (isSubmit(call) && isUnread) expect(failure.code).toBe('SubmitAmbiguous');
  if (!isSubmit(call)) expect(failure.code).not.toBe('SubmitAmbiguous');
}

describe.each(DIALECT_NAMES)('%s', (name) => {
  const dialect = DIALECTS[name];
  const enveloped = fc.boolean();
  /** As each dialect may wrap what is said of a job. */
  const wrapped = (value: object, inEnvelope: boolean) =>
    name === 'submodel' && inEnvelope ? { code: 20_000, message: 'success', data: value } : value;

  test('reads any answer whatever as what it should be, or throws a typed error', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(callOf(name), received, (call, given) => {
        let value: unknown;
        try {
          value = read(dialect, call, given);
        } catch (error) {
          checkFailure(call, error, given);
          return;
        }
        check(dialect, call, value);
      }),
      CASES,
    );
  });

  test('never takes a terminal status back for what else an answer holds', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(
        callOf(name, JOB_CALLS),
        wireObject,
        spelled(TERMINAL),
        enveloped,
        headers,
        (call, extras, status, inEnvelope, given) => {
          const wire = wrapped({ ...extras, id: 'JOB', status }, inEnvelope);
          const job = dialect.readJob(call as JobAnswerCall, answer(wire, 200, given));
          expect(job.status).toBe(status.trim().toUpperCase());
        },
      ),
      CASES,
    );
  });

  test('never takes a job for ended whose status says that it is not', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(
        callOf(name, JOB_CALLS),
        wireObject,
        fc.oneof(spelled(PENDING), spelled(['NOVEL', 'CANCELLING', 'COMPLETED_WITH_ERRORS'])),
        enveloped,
        (call, extras, status, inEnvelope) => {
          const wire = wrapped({ ...extras, id: 'JOB', status }, inEnvelope);
          expect(isTerminal(dialect.readJob(call as JobAnswerCall, answer(wire)).status)).toBe(false);
        },
      ),
      CASES,
    );
  });

  test('never loses a chunk of a stream that it reads', { timeout: TIMEOUT_MS }, () => {
    const chunks = fc.array(fc.oneof(wireObject, fc.jsonValue({ maxDepth: 1 })), { maxLength: 5 });
    fc.assert(
      fc.property(callOf(name, ['stream']), chunks, spelled(TERMINAL), enveloped, (call, stream, status, bare) => {
        const wire = bare ? stream : { status, stream };
        expect(dialect.readStream(call, answer(wire)).chunks.length).toBe(stream.length);
      }),
      CASES,
    );
  });
});
