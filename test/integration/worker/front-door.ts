import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Where providers send webhooks to, before any worker: a proxy, as operators have one. */
export interface FrontDoor {
  readonly url: string;
  /** What it answered, in order; 502 where no worker did. */
  readonly answers: number[];
  /** The paths that were asked for. */
  readonly paths: string[];
  /** Passes what comes from now on to this worker; to none where absent. */
  leadTo(workerUrl: string | undefined): void;
  /** Sends what came so far once more, in reverse order, and returns the answers. */
  repeat(): Promise<number[]>;
  close(): Promise<void>;
}

export async function startFrontDoor(): Promise<FrontDoor> {
  const answers: number[] = [];
  const came: { readonly path: string; readonly body: Buffer }[] = [];
  let target: string | undefined;

  const pass = async (path: string, body: Buffer): Promise<number> => {
    if (target === undefined) return 502;
    const sent = fetch(`${target}${path}`, { method: 'POST', body: new Uint8Array(body) });
    return await sent.then(
      ({ status }) => status,
      () => 502,
    );
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const body = await buffer(request);
    came.push({ path, body });
    const status = await pass(path, body);
    answers.push(status);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    answers,
    get paths() {
      return came.map(({ path }) => path);
    },
    leadTo(workerUrl) {
      target = workerUrl;
    },
    repeat: () => Promise.all(came.toReversed().map(({ path, body }) => pass(path, body))),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
