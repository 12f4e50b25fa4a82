import type { Dialect, WireAnswer } from '../dialect.js';
import { isSuccess, parseJson, protocolError, refusal, wordsOf } from '../http/answer.js';
import type { Call } from '../http/call.js';
import { whyNotId } from '../http/wire-id.js';
import { readersOf } from './readers.js';
import { MAX_BODY_BYTES, RETENTION_MS, submitFields } from './submit-fields.js';
import { envelope } from './submodel-wire.js';

/**
 * SubModel, as its "Job operations" page says; nothing of it has been seen live, and its two SDKs contradict it in the
 * base URL, the header, the verbs and the envelope. Everything that they send is taken here, and what is sent can be
 * overridden. `status-sync` stands in its rate limits alone; a retry stands nowhere.
 */
export const submodel: Dialect = {
  vendor: 'SubModel',
  baseUrl: 'https://api.submodel.ai/v1/sl',
  auth: { header: 'x-apikey', value: '{key}' },
  routes: {
    run: { method: 'POST', path: '/{endpointId}/run' },
    runSync: { method: 'POST', path: '/{endpointId}/runsync' },
    status: { method: 'POST', path: '/{endpointId}/status/{jobId}' },
    statusSync: { method: 'POST', path: '/{endpointId}/status-sync/{jobId}' },
    stream: { method: 'POST', path: '/{endpointId}/stream/{jobId}' },
    cancel: { method: 'POST', path: '/{endpointId}/cancel/{jobId}' },
    purgeQueue: { method: 'POST', path: '/{endpointId}/purge-queue' },
    health: { method: 'GET', path: '/{endpointId}/health' },
  },
  placeholders: ['endpointId'],
  maxBodyBytes: MAX_BODY_BYTES,
  retentionMs: RETENTION_MS,
  whyNotEndpoint: whyNotId,
  address: (endpointId) => ({ parts: { endpointId } }),
  body: ({ submit }) => submitFields(submit),
  ...readersOf(unwrap),
};

/** Its SDK's code for success. */
const OK = 20_000;

function unwrap(call: Call, answer: WireAnswer): unknown {
  const enveloped = envelope.safeParse(parsed(answer.body));
  if (!enveloped.success) {
    if (isSuccess(answer)) return parseJson(call, answer);
    throw refusal(call, answer, { words: wordsOf(answer.body) });
  }
  const { code, message: words, data } = enveloped.data;
  if (code === OK && isSuccess(answer)) return data;
  const httpStatus = httpStatusOf(code);
  const said = `HTTP ${answer.httpStatus}, code ${code}`;
  if (httpStatus !== undefined) throw refusal(call, answer, { words, said, httpStatus });
  if (!isSuccess(answer)) throw refusal(call, answer, { words, said });
  throw protocolError(call, answer, `the code ${code} is not known`);
}

/** What a code stands for: its first three digits are those of HTTP, but for the one of the rate limit. */
function httpStatusOf(code: number): number | undefined {
  if (code === 40_300) return 429;
  if (code >= 50_000) return 500;
  return code >= 40_000 ? Math.floor(code / 100) : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
