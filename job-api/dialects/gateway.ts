import type { Dialect, WireAnswer } from '../dialect.js';
import { EndpointNotFound, InvalidRequest, type JobApiError } from '../errors.js';
import { detailsOf, isSuccess, parseJson, refusal, wordsOf } from '../http/answer.js';
import { type Call, describeCall, isSubmit, type JobAnswerCall, type SubmitCall } from '../http/call.js';
import { whyNotId } from '../http/wire-id.js';
import type { JsonValue } from '../json.js';
import { errorAnswer, quotaAnswer } from './gateway-wire.js';
import { readersOf } from './readers.js';
import { MAX_BODY_BYTES, RETENTION_MS, submitFields } from './submit-fields.js';

export const SURFACES = ['chat', 'images', 'embeddings', 'transcribe'] as const;

const readers = readersOf((call, answer) => {
  if (isSuccess(answer)) return parseJson(call, answer);
  throw refusedBy(call, answer);
});

/**
 * A gateway that resells RunPod endpoints by surface and model. An endpoint is `surface`, where the gateway chooses one
 * by its maps, or `surface/endpointId`.
 *
 * Only the submit knows what it chose, and says so in a header. It becomes a part of the job's endpoint id, since the
 * gateway would ask another endpoint for the job if its maps changed, or if the model was what it chose by.
 */
export const gateway: Dialect = {
  vendor: 'a gateway',
  auth: { header: 'authorization', value: 'Bearer {key}' },
  routes: {
    run: { method: 'POST', path: '/{surface}/run' },
    runSync: { method: 'POST', path: '/{surface}/runsync' },
    status: { method: 'GET', path: '/{surface}/status/{jobId}' },
    stream: { method: 'GET', path: '/{surface}/stream/{jobId}' },
    cancel: { method: 'POST', path: '/{surface}/cancel/{jobId}' },
    retry: { method: 'POST', path: '/{surface}/retry/{jobId}' },
    purgeQueue: { method: 'POST', path: '/{surface}/purge-queue' },
    health: { method: 'GET', path: '/{surface}/health' },
  },
  placeholders: ['surface', 'endpointId'],
  maxBodyBytes: MAX_BODY_BYTES,
  retentionMs: RETENTION_MS,
  whyNotEndpoint(name) {
    const { surface, endpointId } = split(name);
    if (!SURFACES.some((known) => known === surface)) {
      return `it begins with none of the surfaces ${SURFACES.join(', ')} (write surface or surface/endpointId)`;
    }
    return endpointId === undefined ? undefined : whyNotId(endpointId);
  },
  address(name) {
    const { surface, endpointId } = split(name);
    return { parts: { surface, endpointId }, ...(endpointId !== undefined && { query: { endpointId } }) };
  },
  body,
  ...readers,
  readJob(call, answer) {
    const job = readers.readJob(call, answer);
    const endpointId = isSubmit(call) ? chosenEndpoint(call, answer) : undefined;
    return endpointId === undefined ? job : { ...job, endpointId };
  },
};

function split(name: string): { readonly surface: string; readonly endpointId?: string } {
  const slash = name.indexOf('/');
  return slash < 0 ? { surface: name } : { surface: name.slice(0, slash), endpointId: name.slice(slash + 1) };
}

/** Of an input that is no object, the gateway would make the whole body the input: policy, webhook and all. */
function body({ submit, ...call }: SubmitCall): Record<string, JsonValue | undefined> {
  const { input, model } = submit;
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw new InvalidRequest(
      `run on endpoint ${JSON.stringify(call.endpointId)}: a gateway takes an object as input; wrap the value in one`,
    );
  }
  return { ...submitFields(submit), model };
}

function chosenEndpoint(call: JobAnswerCall, { headers }: WireAnswer): string | undefined {
  const chosen = headers['x-runpod-endpoint-id']?.trim() ?? '';
  // One that later reads could not be asked with would lose the job; without it they are asked by the surface.
  return whyNotId(chosen) === undefined ? `${split(call.endpointId).surface}/${chosen}` : undefined;
}

function refusedBy(call: Call, answer: WireAnswer): JobApiError {
  const { code, message, detail } = parsed(errorAnswer, answer.body)?.error ?? {};
  // The documents say 502 for whatever RunPod refuses; the code keeps RunPod's status. The detail is right in both.
  const upstream = code === 'upstream_error' ? detail?.upstream_status : undefined;
  if (code === 'upstream_error') {
    const httpStatus = upstream ?? answer.httpStatus;
    return refusal(call, answer, {
      words: upstreamWords(detail?.upstream_body) ?? message,
      said: `HTTP ${answer.httpStatus} (upstream ${httpStatus})`,
      httpStatus,
      remedy: "it is the gateway's own account that was refused: its operator must see to it",
    });
  }
  if (code === 'missing_endpoint_id') {
    return new EndpointNotFound(
      `${describeCall(call)}: the gateway knows no endpoint for it; name one as surface/endpointId, or a model`,
      detailsOf(answer),
    );
  }
  const exceeded = parsed(quotaAnswer, answer.body)?.exceeded ?? detail?.exceeded;
  return refusal(call, answer, {
    words: exceeded === undefined ? (message ?? wordsOf(answer.body)) : `the key's ${exceeded} budget is used up`,
    // Answered too while the gateway can't reach what knows the keys.
    transientUnauthorized: true,
  });
}

function upstreamWords(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  return wordsOf(typeof body === 'string' ? body : JSON.stringify(body));
}

function parsed<T>(
  schema: { safeParse(value: unknown): { readonly success: boolean; readonly data?: T } },
  text: string,
): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
