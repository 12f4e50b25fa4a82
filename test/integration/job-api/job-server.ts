/** A job API that a test scripts, over real HTTP. What it opens is closed after each test. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';
import { createJobApi, type JobApi, JobApiError, type JobApiOptions } from '../../../job-api/index.js';

export const KEY = 'rpa_0123456789abcdef';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
export type Respond = (response: ServerResponse, request: Received) => void;

export async function listen(server: Server, drop = () => {}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    drop();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

export function connect(baseUrl: string, options: Partial<JobApiOptions> = {}): JobApi {
  const api = createJobApi({ provider: { name: 'test', dialect: 'runpod', baseUrl }, apiKey: KEY, ...options });
  onTestFinished(() => api.close());
  return api;
}

/** A job API that answers every request in the given way, and keeps what it was asked. */
export async function jobServer(
  respond: Respond,
  options: Partial<JobApiOptions> = {},
): Promise<{ api: JobApi; received: Received[]; baseUrl: string }> {
  const received: Received[] = [];
  const server = createHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    const asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
    received.push(asked);
    respond(response, asked);
  });
  const port = await listen(server, () => server.closeAllConnections());
  const baseUrl = `http://127.0.0.1:${port}/v2`;
  return { api: connect(baseUrl, options), received, baseUrl };
}

export const json =
  (body: unknown, httpStatus = 200, headers: Record<string, string> = {}): Respond =>
  (response) =>
    response.writeHead(httpStatus, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
export async function rejection(promise: Promise<unknown>): Promise<JobApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof JobApiError) return error;
  throw new Error(`expected a JobApiError, not ${String(error)}`, { cause: error });
}
