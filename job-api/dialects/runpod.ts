import type { Dialect } from '../dialect.js';
import { isSuccess, parseJson, refusal, wordsOf } from '../http/answer.js';
import { whyNotId } from '../http/wire-id.js';
import { readersOf } from './readers.js';
import { MAX_BODY_BYTES, RETENTION_MS, submitFields } from './submit-fields.js';

/**
 * RunPod serverless, as documented under "Send API requests" and "Operation reference", and as seen live. Status and
 * stream take POST too: its older pages say so, its SDKs send GET.
 */
export const runpod = {
  vendor: 'RunPod',
  baseUrl: 'https://api.runpod.ai/v2',
  auth: { header: 'authorization', value: 'Bearer {key}' },
  routes: {
    run: { method: 'POST', path: '/{endpointId}/run' },
    runSync: { method: 'POST', path: '/{endpointId}/runsync' },
    status: { method: 'GET', path: '/{endpointId}/status/{jobId}' },
    statusSync: { method: 'GET', path: '/{endpointId}/status-sync/{jobId}' },
    stream: { method: 'GET', path: '/{endpointId}/stream/{jobId}' },
    cancel: { method: 'POST', path: '/{endpointId}/cancel/{jobId}' },
    retry: { method: 'POST', path: '/{endpointId}/retry/{jobId}' },
    purgeQueue: { method: 'POST', path: '/{endpointId}/purge-queue' },
    health: { method: 'GET', path: '/{endpointId}/health' },
  },
  placeholders: ['endpointId'],
  maxBodyBytes: MAX_BODY_BYTES,
  retentionMs: RETENTION_MS,
  whyNotEndpoint: whyNotId,
  address: (endpointId) => ({ parts: { endpointId } }),
  body: ({ submit }) => submitFields(submit),
  ...readersOf((call, answer) => {
    if (isSuccess(answer)) return parseJson(call, answer);
    throw refusal(call, answer, { words: wordsOf(answer.body) });
  }),
} satisfies Dialect;
