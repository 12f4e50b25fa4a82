import type { Payload } from '@temporalio/common';

/**
 * Every payload in an answer of Temporal's server, wherever it stands: inputs, results, failures, heartbeats, signals,
 * updates, markers, memos. By their shape, so that a field that Temporal adds is not missed.
 */
export function* payloadsIn(answer: unknown): Generator<Payload, void> {
  if (typeof answer !== 'object' || answer === null || answer instanceof Uint8Array) return;
  if (isPayload(answer)) yield answer;
  else for (const value of Object.values(answer)) yield* payloadsIn(value);
}

function isPayload(value: object): value is Payload {
  const { metadata, data } = value as { readonly metadata?: unknown; readonly data?: unknown };
  return typeof metadata === 'object' && metadata !== null && data instanceof Uint8Array;
}
