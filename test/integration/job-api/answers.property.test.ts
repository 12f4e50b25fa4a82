import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIALECT_NAMES } from '../../../job-api/dialects/index.js';
import type { Operation } from '../../../job-api/http/call.js';
import { type JobApi, JobApiError } from '../../../job-api/index.js';
import { body, headers, httpStatus } from '../../unit/job-api/arbitrary-answers.js';
import { connect, listen } from './job-server.js';

const CASES = { numRuns: 300 };
const TIMEOUT_MS = 120_000;
/** Of a request. Short, since some are never answered; and no test of speed: a good answer that is late is `Unavailable`. */
const PATIENCE_MS = 200;

/** What a connection sends once it was asked something, and how it ends. */
interface Reply {
  readonly kind: 'whole' | 'open' | 'reset' | 'silent';
  readonly text: string;
}

/** HTTP, mostly: of any status, with any headers, about any body. */
const http = fc.record({ httpStatus, headers, body }).map(({ httpStatus: status, headers: fields, body: text }) => {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
});
const reply: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 12, arbitrary: http.map((text): Reply => ({ kind: 'whole', text })) },
  {
    weight: 3,
    arbitrary: fc.tuple(http, fc.nat(200)).map(([text, at]): Reply => ({ kind: 'whole', text: text.slice(0, at) })),
  },
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }).map((text): Reply => ({ kind: 'whole', text })) },
  { weight: 1, arbitrary: http.map((text): Reply => ({ kind: 'open', text: text.slice(0, -1) })) },
  { weight: 1, arbitrary: fc.constantFrom<Reply>({ kind: 'reset', text: '' }, { kind: 'silent', text: '' }) },
);

/** Answers each connection with what is up next, whatever it is asked. */
async function brokenServer() {
  let next: Reply = { kind: 'silent', text: '' };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.once('data', () => {
      if (next.kind === 'reset') socket.resetAndDestroy();
      else if (next.kind === 'open') socket.write(next.text);
      else if (next.kind !== 'silent') socket.end(next.text);
    });
  });
  const port = await listen(server, () => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    baseUrl: `http://127.0.0.1:${port}/v2`,
    answerWith(given: Reply) {
      next = given;
    },
  };
}

const CALLS: { readonly [O in Operation]: (api: JobApi, endpointId: string) => Promise<unknown> } = {
  run: (api, endpointId) => api.run(endpointId, { input: {} }, { timeoutMs: PATIENCE_MS }),
  runSync: (api, endpointId) => api.runSync(endpointId, { input: {} }, { timeoutMs: PATIENCE_MS }),
  status: (api, endpointId) => api.status(endpointId, 'JOB', { timeoutMs: PATIENCE_MS }),
  statusSync: (api, endpointId) => api.statusSync(endpointId, 'JOB', { timeoutMs: PATIENCE_MS }),
  stream: (api, endpointId) => api.stream(endpointId, 'JOB', { timeoutMs: PATIENCE_MS }),
  cancel: (api, endpointId) => api.cancel(endpointId, 'JOB', { timeoutMs: PATIENCE_MS }),
  retry: (api, endpointId) => api.retry(endpointId, 'JOB', { timeoutMs: PATIENCE_MS }),
  purgeQueue: (api, endpointId) => api.purgeQueue(endpointId, { timeoutMs: PATIENCE_MS }),
  health: (api, endpointId) => api.health(endpointId, { timeoutMs: PATIENCE_MS }),
};

describe.each(DIALECT_NAMES)('%s', (dialect) => {
  test('answers every call in time, with what was asked for or a typed error', { timeout: TIMEOUT_MS }, async () => {
    const server = await brokenServer();
    const api = connect(server.baseUrl, { provider: { name: 'broken', dialect, baseUrl: server.baseUrl } });
    const endpointId = dialect === 'gateway' ? 'images/asked' : 'asked';
    const operations = Object.keys(CALLS) as Operation[];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), reply, async (operation, given) => {
        server.answerWith(given);
        const outcome = await CALLS[operation](api, endpointId).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(JobApiError);
        else expect(outcome).toBeTypeOf('object');
      }),
      // A call that hangs is a failure of its own, with its example.
      { ...CASES, timeout: 30_000 },
    );
  });
});
