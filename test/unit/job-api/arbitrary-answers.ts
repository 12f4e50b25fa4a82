/** Answers that no document shows: of proxies, of new versions, of broken networks. For property tests. */
import fc from 'fast-check';
import type { DialectName } from '../../../job-api/dialects/index.js';
import { type Call, isAboutJob, isSubmitOperation, OPERATIONS, type Operation } from '../../../job-api/http/call.js';

export const TERMINAL = ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT'] as const;
export const PENDING = ['IN_QUEUE', 'IN_PROGRESS', 'RUNNING'] as const;

const FIELDS = [
  ...['id', 'status', 'output', 'error', 'delayTime', 'executionTime', 'workerId', 'retries', 'stream'],
  ...['jobs', 'workers', 'idle', 'running', 'inQueue', 'removed', 'purged', 'metrics'],
  ...['code', 'message', 'data', 'detail', 'upstream_status', 'upstream_body', 'allowed', 'exceeded'],
  ...['__proto__', 'constructor', 'toString', 'then', 'length'],
];
const VALUES = [
  ...['JOB', 'OTHER', '', '../x', 'upstream_error', 'missing_endpoint_id', 'unauthorized', 'endpoint not found'],
  ...[20_000, 40_100, 40_300, 40_400, 50_000, 99, -1, 1e308, 404, 502, null, true, false],
];

/** A status in any spelling of it that is read as it. */
export const spelled = (statuses: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...statuses), fc.boolean(), fc.constantFrom('', ' ', '\n'))
    .map(([status, lower, space]) => `${space}${lower ? status.toLowerCase() : status}${space}`);

/** Anything JSON, grown from the words that dialects look for. */
const { value: wireValue, object: wireObject } = fc.letrec<{ value: unknown; object: object; list: unknown[] }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...VALUES),
      spelled([...TERMINAL, ...PENDING, 'NOVEL']),
      fc.jsonValue({ maxDepth: 2 }),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...FIELDS), fc.string()), tie('value')), { maxLength: 8 })
      // Not a literal: `__proto__` is to be a field.
      .map((entries) => Object.fromEntries(entries)),
  }),
);

export { wireObject };

const HTML = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>';

/** Nearly what the documents show: most of what is read at all is so. */
const nearly = fc
  .tuple(
    wireObject,
    fc.constantFrom<object[]>(
      { id: 'JOB', status: 'COMPLETED', output: [1] },
      { id: 'JOB', status: 'IN_QUEUE' },
      { status: 'IN_PROGRESS', stream: [{ output: 'a', metrics: {} }] },
      { jobs: { inQueue: 2 }, workers: { idle: 0, running: 1 } },
      { removed: 2, status: 'completed' },
      { code: 20_000, message: 'success', data: { id: 'JOB', status: 'completed' } },
      { error: { code: 'upstream_error', message: 'no', detail: { upstream_status: 404 } } },
    ),
    fc.boolean(),
  )
  .map(([strange, documented, wins]) => (wins ? { ...documented, ...strange } : { ...strange, ...documented }));

const json = fc.oneof(nearly, wireObject, wireValue).map((value) => JSON.stringify(value));

export const body: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: json },
  { weight: 1, arbitrary: fc.tuple(json, fc.nat(60)).map(([text, length]) => text.slice(0, length)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 1, arbitrary: fc.constantFrom('', HTML, 'null', '[]', '{}', '{"id":', '[[[[', '"', '\ufeff{}', '1e999') },
);

export const httpStatus = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(200, 200, 200, 201, 204) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(301, 400, 401, 402, 403, 404, 405, 408, 413, 429, 500, 502, 503, 504),
  },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 999 }) },
);

export const headers: fc.Arbitrary<Record<string, string>> = fc.dictionary(
  fc.constantFrom('content-type', 'retry-after', 'x-runpod-endpoint-id', 'x-cache'),
  fc.oneof(
    fc.constantFrom(
      'text/html',
      'application/json',
      '0',
      '7',
      '-1',
      '1e9',
      'soon',
      '99999999999',
      'abc',
      '../x',
      'a/b',
    ),
    fc.constantFrom('Sun, 06 Nov 1994 08:49:37 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'),
    // What a header may hold, RFC 9110 section 5.5.
    fc.string({ unit: fc.constantFrom(...'abc /.?#=,;"\t~') }),
  ),
);

/** A call of an operation that a dialect has, on an endpoint that it can have. */
export const callOf = (dialect: DialectName, operations: readonly Operation[] = OPERATIONS): fc.Arbitrary<Call> =>
  fc.constantFrom(...operations).map(
    (operation) =>
      ({
        operation,
        endpointId: dialect === 'gateway' ? 'images/asked' : 'asked',
        ...(isAboutJob(operation) && { jobId: 'JOB' }),
        ...(isSubmitOperation(operation) && { submit: { input: {} } }),
        waitMs: 1_000,
      }) as Call,
  );
