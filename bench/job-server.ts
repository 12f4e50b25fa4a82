/** The least job API there can be, in a process of its own: every job has completed when it is first read. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from './child.js';

const FILE = fileURLToPath(import.meta.url);

/** Resolves with its origin. */
export async function startJobServer(): Promise<Child & { readonly origin: string }> {
  const child = startChild(FILE, {});
  return { ...child, origin: (await child.answer()) as string };
}

async function serve(): Promise<void> {
  let jobs = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const id = request.method === 'POST' ? `job-${++jobs}-u1` : (request.url ?? '').split('/').at(-1);
      const body =
        request.method === 'POST'
          ? { id, status: 'IN_QUEUE' }
          : { id, status: 'COMPLETED', delayTime: 3, executionTime: 1, workerId: 'w1', output: { text: 'a red boat' } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1', () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  process.once('disconnect', () => {
    server.closeAllConnections();
    server.close();
  });
}

if (process.argv[1] === FILE) await serve();
