import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly path: string | undefined;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came.
  readonly body: any;
}

/** A receiver of webhooks that answers with the given statuses in turn, then with 200. */
export async function receiver(...statuses: number[]): Promise<{ url: string; deliveries: Delivery[] }> {
  const deliveries: Delivery[] = [];
  const server = createServer(async (request, response) => {
    const raw = await text(request);
    deliveries.push({ headers: request.headers, path: request.url, text: raw, body: JSON.parse(raw) });
    response.writeHead(statuses[deliveries.length - 1] ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, deliveries };
}
