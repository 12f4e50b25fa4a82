/**
 * The page of what each dialect sends and reads: made by sending and reading. Every cell of its tables comes out of the
 * code that talks to providers, given the answers that their documents show.
 */

import type { Dialect, Route, WireAnswer } from '../job-api/dialect.js';
import { DIALECT_NAMES, DIALECTS, type DialectName } from '../job-api/dialects/index.js';
import { JobApiError } from '../job-api/errors.js';
import { failureOf } from '../job-api/failure.js';
import { type Call, isAboutJob, isSubmitOperation, OPERATIONS, type Operation } from '../job-api/http/call.js';
import { wireRequest } from '../job-api/http/request.js';
import { ANSWERS, REFUSALS } from './job-api-answers.js';
import { HEAD, NOTES } from './job-apis-prose.js';

/** The page as Markdown. */
export function jobApisPage(): string {
  return [
    HEAD,
    table(['', ...DIALECT_NAMES.map((name) => `\`${name}\``)], dialectRows()),
    '## What is sent\n',
    table(['operation', ...DIALECT_NAMES.map((name) => `\`${name}\``)], OPERATIONS.map(sentRow)),
    '## What comes back\n\nAnswers as the documents show them, and as others were seen; and what a client of ours makes of each.\n',
    table(['dialect', 'operation', 'answer', 'is read as'], ANSWERS.map(answerRow)),
    '## What a refusal means\n\nThe codes of the errors are those of [failed runs](runs.md#failures). An answer that leaves open whether a job was made is never repeated blindly. A `SubmitAmbiguous` has `job`, with the `jobId`, where its broken answer\nnames one: [runs](runs.md#a-submit-whose-fate-is-not-known) go on with it once `status` knows it.\n',
    table(['dialect', 'HTTP', 'body', 'of a read', 'of a submit'], REFUSALS.map(refusalRow)),
    NOTES,
  ].join('\n');
}

function dialectRows(): string[][] {
  const each = (cell: (dialect: Dialect) => string) => DIALECT_NAMES.map((name) => cell(DIALECTS[name]));
  const minutes = (ms: number) => `${ms / 60_000} min`;
  const mib = (bytes: number) => `${bytes / 1024 ** 2} MiB`;
  return [
    ['base URL', ...each(({ baseUrl }) => (baseUrl === undefined ? 'its own: required' : code(baseUrl)))],
    ['key', ...each(({ auth }) => code(`${auth.header}: ${auth.value}`))],
    ['largest body', ...each(({ maxBodyBytes: { run, runSync } }) => `run ${mib(run)}, runSync ${mib(runSync)}`)],
    [
      'a result stays for',
      ...each(({ retentionMs: { run, runSync } }) => `run ${minutes(run)}, runSync ${minutes(runSync)}`),
    ],
    [
      'not there',
      ...each(
        ({ routes }) =>
          OPERATIONS.filter((operation) => routes[operation] === undefined)
            .map(code)
            .join(', ') || 'nothing',
      ),
    ],
  ];
}

const SUBMIT = { input: {}, policy: { ttlMs: 60_000 }, webhook: 'https://h', s3Config: {}, model: 'm' };

const WAITING: readonly Operation[] = ['runSync', 'statusSync', 'stream'];

/** A call as the page words it: every id is its own placeholder. It carries what its operation needs alone. */
function callOf(name: DialectName, operation: Operation): Call {
  return {
    operation,
    endpointId: name === 'gateway' ? 'images/ENDPOINT' : 'ENDPOINT',
    ...(isAboutJob(operation) && { jobId: 'JOB' }),
    ...(isSubmitOperation(operation) && { submit: SUBMIT }),
    ...(WAITING.includes(operation) && { waitMs: 1_000 }),
  } as Call;
}

function sentRow(operation: Operation): string[] {
  const cells = DIALECT_NAMES.map((name) => {
    const route = DIALECTS[name].routes[operation];
    return route === undefined ? 'not there' : sent(name, operation, route);
  });
  return [code(operation), ...cells];
}

function sent(name: DialectName, operation: Operation, route: Route): string {
  const { query = {}, body } = wireRequest(DIALECTS[name], route, callOf(name, operation));
  const asked = Object.keys(query).map((key) => `${key}=…`);
  const fields = body === undefined ? '' : ` ${code(`{${Object.keys(JSON.parse(body)).join(', ')}}`)}`;
  return `${code(`${route.method} ${route.path}${asked.length > 0 ? `?${asked.join('&')}` : ''}`)}${fields}`;
}

function answerRow({ dialect, operation, headers = {}, body }: (typeof ANSWERS)[number]): string[] {
  const given = wire(200, body, headers);
  const header = Object.entries(headers).map(([key, value]) => `${code(`${key}: ${value}`)} `);
  const read = readAs(dialect, operation, given);
  return [code(dialect), code(operation), `${header.join('')}${code(given.body)}`, read];
}

function readAs(dialect: DialectName, operation: Operation, answer: WireAnswer): string {
  try {
    return code(JSON.stringify(readBy(dialect, callOf(dialect, operation), answer)));
  } catch (error) {
    return errorCode(callOf(dialect, operation), error);
  }
}

function readBy(name: DialectName, call: Call, answer: WireAnswer): unknown {
  const dialect = DIALECTS[name];
  switch (call.operation) {
    case 'stream':
      return dialect.readStream(call, answer);
    case 'purgeQueue':
      return dialect.readPurge(call, answer);
    case 'health':
      return dialect.readHealth(call, answer);
    default:
      return dialect.readJob(call, answer);
  }
}

function refusalRow({ dialect, httpStatus, body }: (typeof REFUSALS)[number]): string[] {
  const given = wire(httpStatus, body, {});
  const of = (operation: Operation) => readAs(dialect, operation, given);
  return [code(dialect), String(httpStatus), given.body === '' ? 'any' : code(given.body), of('status'), of('run')];
}

function errorCode(call: Call, error: unknown): string {
  if (!(error instanceof JobApiError)) throw error;
  const failure = failureOf(call, error);
  return `${code(failure.code)}${failure.code === 'Unauthorized' && failure.retryable ? ', tried again' : ''}`;
}

function wire(httpStatus: number, body: unknown, headers: Readonly<Record<string, string>>): WireAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { httpStatus, headers, body: text, receivedAtMs: 0, quote: (words) => words };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
