import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { ArtifactRef } from '../../../artifacts/index.js';
import { collectRefs } from '../../../artifacts/index.js';
import { checkArtifactServer } from '../../../cli/doctor/artifact-server-check.js';
import { type Config, LISTEN_VARIABLE, type ListenAddress } from '../../../config/index.js';
import { openArtifactServer } from '../../../worker/artifact-server.js';
import { startWorker } from '../../../worker/index.js';
import { listenOnce } from '../../../worker/listen-once.js';
import { startReceiver } from '../../../worker/webhooks/receiver.js';
import { WebhookTokens } from '../../../worker/webhooks/tokens.js';
import { type Harness, startHarness } from '../harness.js';

const TOKEN = 'the token of this test';
const env = { TOKEN };
const bearer = { authorization: `Bearer ${TOKEN}` };
const serving = (listen: ListenAddress | 'off' = { host: '127.0.0.1', port: 0 }): Pick<Config, 'artifactServer'> => ({
  artifactServer: { listen, tokenEnv: 'TOKEN' },
});
/** A PNG as far as anybody looks, over several reads of a file. */
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  Buffer.alloc(17),
  Buffer.from('0001680049444154', 'hex'),
  Buffer.alloc(300_000, 7),
]);

let harness: Harness;
let url: string;
let picture: ArtifactRef;
const logged: string[] = [];
let onStop = async () => {};
beforeAll(async () => {
  harness = await startHarness({ worker: false });
  const { config, taskQueue } = harness;
  const worker = await startWorker({
    ...{ config: { ...config, ...serving() }, env, taskQueue, log: (line) => logged.push(line) },
    temporal: inject('temporal'),
    workflowBundle: inject('workflowBundle'),
  });
  onStop = () => worker.shutdown();
  url = worker.artifacts ?? '';
  const input = { image: png.toString('base64') };
  const run = await harness.relay.start('job', { endpoint: 'local/echo', input });
  const [found] = collectRefs((await run.result()).output);
  if (found === undefined) throw new Error('the picture was not stored apart');
  picture = found.ref;
});
afterAll(async () => {
  await onStop();
  await harness.stop();
});

const get = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { headers: bearer, ...init });

describe('a worker that serves artifacts', () => {
  test('gives the file of a run to whoever bears the token', async () => {
    const answer = await get(`/artifacts/${picture.sha256}`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${picture.sha256}"`,
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(png)).toBe(true);

    const head = await get(`/artifacts/${picture.sha256}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, 'image/png', '']);
    // What says a length says that of the file.
    expect(head.headers.has('content-length')).toBe(false);
    const again = { ...bearer, 'if-none-match': `"${picture.sha256}"` };
    expect((await get(`/artifacts/${picture.sha256}`, { headers: again })).status).toBe(304);
  });

  test.each([
    ['no token', {}],
    ['another', { authorization: 'Bearer one that is none' }],
    ['a part of it', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ])('tells nothing to whoever bears %s', async (_, headers) => {
    for (const path of [`/artifacts/${picture.sha256}`, `/artifacts/${'0'.repeat(64)}`, '/']) {
      const answer = await get(path, { headers });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await answer.json()).toEqual({ error: expect.stringContaining('token') });
    }
  });

  test.each([
    ['what nobody stored', `/artifacts/${'0'.repeat(64)}`],
    ['what is no digest', '/artifacts/short'],
    ['a way out of the store', '/artifacts/..%2F..%2Fetc%2Fpasswd'],
    ['another path', '/'],
  ])('has no %s', async (_, path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: expect.any(String) });
  });

  test('breaks off where an artifact is damaged, so that nobody takes it for whole, and the log says why', async () => {
    const { sha256 } = await harness.store.put(Buffer.alloc(300_000, 1));
    const file = join(harness.stateDir, 'artifacts/sha256', sha256.slice(0, 2), sha256);
    await writeFile(file, Buffer.alloc(300_000, 2));
    const answer = await get(`/artifacts/${sha256}`);
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect(logged.join('\n')).toContain(`artifact ${sha256} could not be served (artifact ${sha256} is damaged: `);
  });

  test('is found by doctor, which tells a token that is not the same', async () => {
    const { hostname: host, port } = new URL(url);
    const config = serving({ host, port: Number(port) });
    const statusOf = async (token: string) => (await checkArtifactServer(config, { TOKEN: token }))[0];
    expect(await statusOf(TOKEN)).toMatchObject({ status: 'ok', message: `a worker serves artifacts at ${url}` });
    expect(await statusOf('one that is not the same')).toMatchObject({ status: 'fail' });
    expect(await statusOf('')).toMatchObject({ status: 'fail', message: expect.stringContaining('openssl rand') });
  });
});

describe('the configuration', () => {
  const open = (config: Pick<Config, 'artifactServer'>, given: Record<string, string> = env) =>
    openArtifactServer(config, { env: given, store: harness.store, log: () => undefined });

  test('has nothing served where it says nothing, or off', async () => {
    expect(await open({})).toBeUndefined();
    expect(await open(serving('off'))).toBeUndefined();
  });

  test('needs a token that is one', async () => {
    await expect(open(serving(), { TOKEN: 'short' })).rejects.toThrow(/TOKEN has fewer than 16 characters/);
    await expect(open(serving('off'), {})).rejects.toThrow(/TOKEN is not set/);
  });

  test('lets the first of several workers of a process listen', async () => {
    const first = await open(serving());
    onTestFinished(async () => await first?.close());
    const config = serving({ host: '127.0.0.1', port: first?.port ?? 0 });
    expect(await open(config)).toBeUndefined();
  });

  test('is refused where the same address is that of the webhooks', async () => {
    const address = { host: '127.0.0.1', port: 0 };
    const of = { field: 'webhooks.listen', variable: LISTEN_VARIABLE };
    const tokens = new WebhookTokens('a secret of this test', 'default');
    const webhooks = await listenOnce(address, of, (listen) =>
      startReceiver({ listen, tokens, onWebhook: async () => undefined, log: () => undefined }),
    );
    onTestFinished(async () => await webhooks?.close());
    await expect(open(serving({ ...address, port: webhooks?.port ?? 0 }))).rejects.toThrow(
      /artifactServer\.listen: the worker cannot listen on .*, which is in use/,
    );
  });
});
