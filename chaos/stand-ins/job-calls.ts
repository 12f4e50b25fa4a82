/** The few calls that people write against a job API by hand. */
import { request } from 'undici';

export interface CalledJob {
  readonly id: string;
  readonly status: string;
}

/** An answer that is no success; `isFinal`: the same request will not do better. */
export class CallFailed extends Error {
  readonly isFinal: boolean;

  constructor(what: string, httpStatus: number) {
    super(`${what}: HTTP ${httpStatus}`);
    this.isFinal = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 429;
  }
}

export function isOver({ status }: CalledJob): boolean {
  return status !== 'IN_QUEUE' && status !== 'IN_PROGRESS';
}

const TIMEOUT_MS = 30_000;

/** One request to an endpoint of the provider; throws where the answer is no success, or no JSON. */
export async function callEndpoint(
  endpoint: string,
  path: string,
  { body, signal, timeoutMs = TIMEOUT_MS }: { body?: unknown; signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<CalledJob> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const answer = await request(`${endpoint}/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: 'Bearer stand-in', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw new CallFailed(path, answer.statusCode);
  }
  return (await answer.body.json()) as CalledJob;
}
