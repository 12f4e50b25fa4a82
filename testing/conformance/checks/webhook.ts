import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Conversation } from '../conversation.js';

/** From the end of the job. RunPod documents two further tries, ten seconds apart. */
const LONGEST_MS = 30_000;

/** A receiver of the suite's own, and a job that is to call it. */
export async function checkWebhook(talk: Conversation): Promise<void> {
  const { verdicts, options } = talk;
  const { webhook } = options;
  if (webhook === undefined) {
    verdicts.notChecked('webhook', 'needs an address where the provider reaches this machine');
    return;
  }
  // Nobody else knows the path.
  const path = `/${crypto.randomUUID()}`;
  const received: unknown[] = [];
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    json(request).then(
      (body) => {
        received.push(body);
        response.writeHead(200).end();
      },
      () => response.writeHead(400).end(),
    );
  });
  const { host = '127.0.0.1', port = 0 } = webhook;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  try {
    const { port: listening } = server.address() as AddressInfo;
    const base = (webhook.publicUrl ?? `http://${host}:${listening}`).replace(/\/+$/, '');
    const place = await talk.jobOf(options.samples.quick, { webhook: `${base}${path}` });
    if (place === undefined) return;
    await talk.read(place);
    const isThere = () => received.some((body) => (Object(body) as { readonly id?: unknown }).id === place.jobId);
    const withinMs = Math.min(LONGEST_MS, options.patienceMs ?? LONGEST_MS);
    const deadline = performance.now() + withinMs;
    while (!isThere() && performance.now() < deadline) await delay(50);
    const seen = received.length === 0 ? 'nothing came' : `what came was ${JSON.stringify(received).slice(0, 200)}`;
    verdicts.holds('webhook', isThere(), `${seen} within ${withinMs / 1_000} s`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
