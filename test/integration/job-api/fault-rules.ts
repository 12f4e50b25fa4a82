/** What every fault comes to for a caller, by rule; what no rule says is an exception, and named. */
import type { Fault } from '../../../emulator/index.js';
import type { JobApiErrorCode, Operation } from '../../../job-api/index.js';

/** The ways to the emulator: each dialect, and each form of it. */
export type WayName = 'runpod' | 'submodel' | 'submodel-enveloped' | 'gateway';

/** `as ever`: what is answered where nothing is wrong. Else an error's code, or what is read, as the matrix writes it. */
export type Outcome = 'as ever' | JobApiErrorCode | (string & {});

export interface FaultRule {
  readonly name: string;
  readonly fault: Fault;
  /** Of everything but a submit. */
  readonly read: Outcome;
  readonly submit: Outcome;
  /** What was asked for happens, now or later, whatever the caller hears of it. */
  readonly carriedOut: boolean;
  readonly exceptions?: readonly Exception[];
  /** The caller waits no longer than this. */
  readonly timeoutMs?: number;
}

interface Exception {
  readonly why: string;
  /** Absent: all. */
  readonly of?: readonly Operation[];
  /** Absent: all. */
  readonly ways?: readonly WayName[];
  readonly outcome: Outcome;
}

const ABOUT_ENDPOINTS: readonly Operation[] = ['purgeQueue', 'health'];
const PATIENCE_MS = 500;
const TOO_LONG_MS = 60_000;

const harmless = (name: string, fault: Fault, exceptions: readonly Exception[] = []): FaultRule => ({
  ...{ name, fault, exceptions },
  ...{ read: 'as ever', submit: 'as ever', carriedOut: true },
});

/** The answer is lost, or no answer: safe to ask again, but for a submit. */
const unanswered = (name: string, fault: Fault, carriedOut: boolean, timeoutMs?: number): FaultRule => ({
  ...{ name, fault, carriedOut },
  ...{ read: 'Unavailable', submit: 'SubmitAmbiguous' },
  ...(timeoutMs !== undefined && { timeoutMs }),
});

/** There is an answer, and it can't be read. */
const unreadable = (
  name: string,
  fault: Fault,
  carriedOut: boolean,
  exceptions: readonly Exception[] = [],
): FaultRule => ({
  ...{ name, fault, carriedOut, exceptions },
  ...{ read: 'ProtocolError', submit: 'SubmitAmbiguous' },
});

/** The provider says no: certainly not carried out, so that a submit is no different. */
const refused = (
  httpStatus: number,
  outcome: Outcome,
  {
    exceptions = [],
    ...fields
  }: { readonly exceptions?: readonly Exception[] } & Partial<Fault & { kind: 'status' }> = {},
): FaultRule => ({
  name: `HTTP ${httpStatus}${'html' in fields ? ' as a page' : ''}${'retryAfterSeconds' in fields ? ' with Retry-After' : ''}`,
  fault: { ...fields, kind: 'status', httpStatus } as Fault,
  ...{ read: outcome, submit: outcome, carriedOut: false, exceptions },
});

const failed = (httpStatus: number, html: boolean): FaultRule =>
  unanswered(`HTTP ${httpStatus}${html ? ' as a page' : ''}`, { kind: 'status', httpStatus, html }, false);

/** Every kind of fault, in each of its forms. */
export const FAULT_RULES: Readonly<Record<Fault['kind'], readonly FaultRule[]>> = {
  delay: [
    harmless('a little delay', { kind: 'delay', delayMs: 20 }),
    unanswered('a delay over the patience', { kind: 'delay', delayMs: TOO_LONG_MS }, true, PATIENCE_MS),
  ],
  'delay-answer': [
    harmless('an answer a little late', { kind: 'delay-answer', delayMs: 20 }),
    unanswered('an answer over the patience', { kind: 'delay-answer', delayMs: TOO_LONG_MS }, true, PATIENCE_MS),
  ],
  status: [
    refused(301, 'InvalidRequest'),
    refused(400, 'InvalidRequest'),
    refused(401, 'Unauthorized', {
      exceptions: [
        { why: 'it says so too while it can check no key', ways: ['gateway'], outcome: 'Unauthorized, may pass' },
      ],
    }),
    refused(402, 'InsufficientCredit'),
    refused(403, 'Unauthorized', {
      exceptions: [
        { why: "40300 is SubModel's code of its rate limit", ways: ['submodel-enveloped'], outcome: 'RateLimited' },
      ],
    }),
    refused(404, 'JobNotFound', {
      exceptions: [{ why: 'no job is named', of: ['run', 'runSync', ...ABOUT_ENDPOINTS], outcome: 'EndpointNotFound' }],
    }),
    refused(404, 'ProtocolError', {
      html: true,
      exceptions: [{ why: 'no job is named', of: ['run', 'runSync', ...ABOUT_ENDPOINTS], outcome: 'EndpointNotFound' }],
    }),
    refused(408, 'Unavailable'),
    refused(409, 'InvalidRequest'),
    refused(413, 'PayloadTooLarge'),
    refused(422, 'InvalidRequest'),
    refused(429, 'RateLimited'),
    refused(429, 'RateLimited, in 2000 ms', { retryAfterSeconds: 2 }),
    ...[500, 502, 503, 504, 520].flatMap((httpStatus) => [failed(httpStatus, false), failed(httpStatus, true)]),
    unreadable('a page in the place of an answer', { kind: 'status', httpStatus: 200, html: true }, false),
    unreadable('an empty answer', { kind: 'status', httpStatus: 200, body: {} }, false, [
      { why: 'a gateway may count nothing', of: ['health'], outcome: 'counts 0' },
    ]),
    unreadable('an error with HTTP 200', { kind: 'status', httpStatus: 200, body: { error: 'could not' } }, false, [
      { why: 'a gateway may count nothing', of: ['health'], outcome: 'counts 0' },
    ]),
    unreadable('null', { kind: 'status', httpStatus: 200, body: null }, false),
  ],
  'lose-answer': [unanswered('an answer that is lost', { kind: 'lose-answer' }, true)],
  reset: [
    unanswered('a connection that is closed', { kind: 'reset' }, false),
    unanswered('a connection that is reset', { kind: 'reset', unread: true }, false),
  ],
  'truncate-answer': [
    unreadable('half of an answer', { kind: 'truncate-answer' }, true),
    unanswered('half of an announced answer', { kind: 'truncate-answer', hangUp: true }, true),
  ],
  'malform-answer': [unreadable('an answer in single quotes', { kind: 'malform-answer' }, true)],
  'drop-job': [
    harmless('a job that vanishes', { kind: 'drop-job' }, [
      {
        why: 'the job is gone before it is looked at',
        of: ['status', 'statusSync', 'stream', 'cancel', 'retry'],
        outcome: 'JobNotFound',
      },
    ]),
  ],
  'lose-worker': [
    harmless('a lost worker', { kind: 'lose-worker' }, [
      { why: 'another worker ends it', of: ['runSync'], outcome: 'COMPLETED, dispatched 1 time anew' },
    ]),
    harmless('two lost workers', { kind: 'lose-worker', losses: 2 }, [
      { why: 'there is no third', of: ['runSync'], outcome: 'FAILED, dispatched 1 time anew' },
    ]),
  ],
  'lose-output': [
    harmless('a lost output', { kind: 'lose-output' }, [
      { why: 'it completes all the same', of: ['runSync'], outcome: 'COMPLETED, without output' },
    ]),
  ],
  'late-progress': [
    harmless('progress after the end', { kind: 'late-progress' }, [
      { why: 'a read tells what it is told', of: ['status', 'statusSync'], outcome: 'IN_PROGRESS' },
      {
        why: 'a bare list has no status',
        of: ['stream'],
        ways: ['submodel', 'submodel-enveloped'],
        outcome: 'as ever',
      },
      { why: 'a read tells what it is told', of: ['stream'], outcome: '2 chunks, IN_PROGRESS' },
    ]),
  ],
  'webhook-late': [harmless('a late webhook', { kind: 'webhook-late', delayMs: TOO_LONG_MS })],
  'webhook-twice': [harmless('a webhook sent twice', { kind: 'webhook-twice' })],
  'webhook-never': [harmless('a webhook that is not sent', { kind: 'webhook-never' })],
};

/** What a fault comes to: the first exception that is about it, else the rule. */
export function outcomeOf({ read, submit, exceptions = [] }: FaultRule, operation: Operation, way: WayName): Outcome {
  const exception = exceptions.find(
    ({ of, ways }) => (of?.includes(operation) ?? true) && (ways?.includes(way) ?? true),
  );
  return exception?.outcome ?? (operation === 'run' || operation === 'runSync' ? submit : read);
}
