import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SubmitKey } from '../../../activities/index.js';
import { startReceiver } from '../../../worker/webhooks/receiver.js';
import { WebhookTokens } from '../../../worker/webhooks/tokens.js';
import { until } from '../harness.js';

const MIB = 1_048_576;
const tokens = new WebhookTokens('a secret of this test', 'default');
const KEY: SubmitKey = { workflowId: 'job:order-17', runId: 'r-1', submit: 'job/submit-1' };
const TOKEN = tokens.sign(KEY);

async function receiver({
  requestTimeoutMs = 10_000,
  fails = false,
}: {
  readonly requestTimeoutMs?: number;
  readonly fails?: boolean;
} = {}) {
  const webhooks: { key: SubmitKey; jobId: string | undefined }[] = [];
  const lines: string[] = [];
  const { url, close } = await startReceiver({
    listen: { host: '127.0.0.1', port: 0 },
    tokens,
    requestTimeoutMs,
    log: (line) => lines.push(line),
    async onWebhook(key, jobId) {
      if (fails) throw new Error('no answer from Temporal');
      webhooks.push({ key, jobId });
    },
  });
  onTestFinished(close);
  /** Answers with the status, and what the answer holds. */
  const post = async (path: string, body: string | Buffer = '{}', method = 'POST') => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(method === 'POST' && { body: new Uint8Array(Buffer.from(body)) }),
    });
    return { status: answer.status, body: await answer.text() };
  };
  return { url, post, webhooks, lines };
}

/** As RunPod sends one: the job, with its input and the address itself. */
const bodyOf = (jobId: unknown, more: object = {}) =>
  JSON.stringify({
    delayTime: 4,
    executionTime: 20,
    id: jobId,
    input: { a: 1 },
    output: { b: 2 },
    status: 'COMPLETED',
    ...more,
  });

describe('a webhook', () => {
  test('is passed on with what its token names and the id of the job', async () => {
    const { post, webhooks } = await receiver();
    expect(await post(`/${TOKEN}`, bodyOf('job-1-u1'))).toEqual({ status: 200, body: '{"ok":true}' });
    expect(webhooks).toEqual([{ key: KEY, jobId: 'job-1-u1' }]);
  });

  test('is passed on below the path of a proxy too, and with whatever query a proxy adds', async () => {
    const { post, webhooks } = await receiver();
    expect((await post(`/hooks/jobrelay/${TOKEN}?via=edge`, bodyOf('job-1'))).status).toBe(200);
    expect(webhooks).toHaveLength(1);
  });

  test('is passed on each time it comes', async () => {
    const { post, webhooks } = await receiver();
    await Promise.all([post(`/${TOKEN}`), post(`/${TOKEN}`), post(`/${TOKEN}`)]);
    expect(webhooks).toHaveLength(3);
  });

  test.each([
    ['is no JSON', 'COMPLETED'],
    ['is empty', ''],
    ['is null', 'null'],
    ['is a list', '["job-1"]'],
    ['has no id', '{"status":"COMPLETED"}'],
    ['has an id that is no text', bodyOf(17)],
    ['has an id that would lead to another path', bodyOf('../cancel/x')],
    ['has an id that is too long to be one', bodyOf('x'.repeat(201))],
    ['is larger than jobs are', bodyOf('job-1', { output: 'x'.repeat(2 * MIB) })],
  ])('whose body %s wakes the job all the same, and names none', async (_, body) => {
    const { post, webhooks } = await receiver();
    expect((await post(`/${TOKEN}`, body)).status).toBe(200);
    expect(webhooks).toEqual([{ key: KEY, jobId: undefined }]);
  });

  test('that cannot be passed on is to be sent again, and its address stands in no log', async () => {
    const { post, lines } = await receiver({ fails: true });
    expect((await post(`/${TOKEN}`, bodyOf('job-1'))).status).toBe(503);
    expect(lines).toEqual(['a webhook could not be passed on (no answer from Temporal)']);
  });

  test('of nobody shows that the receiver is there, and wakes nobody', async () => {
    const { post, webhooks } = await receiver();
    expect((await post(`/${tokens.sign('probe')}`)).status).toBe(200);
    expect(webhooks).toEqual([]);
  });
});

describe('everything else is 404 and passed on to nobody', () => {
  const others = new WebhookTokens('another secret than that', 'default');
  test.each([
    ['a token that somebody else signed', 'POST', `/${others.sign(KEY)}`],
    ['a token of another namespace', 'POST', `/${new WebhookTokens('a secret of this test', 'other').sign(KEY)}`],
    ['half a token', 'POST', `/${TOKEN.slice(0, 40)}`],
    [
      'a token that names another submit',
      'POST',
      `/${others.sign({ ...KEY, submit: 'job/submit-2' }).split('.')[0]}.${TOKEN.split('.')[1]}`,
    ],
    ['a token that is not the end of the path', 'POST', `/${TOKEN}/more`],
    ['a very long token', 'POST', `/${'A'.repeat(10_000)}.${TOKEN.split('.')[1]}`],
    ['no token', 'POST', '/'],
    ['an address that cannot be decoded', 'POST', '/%E0%A4%A'],
    ['a GET with a good token', 'GET', `/${TOKEN}`],
    ['a GET of anything', 'GET', '/health'],
    ['a DELETE', 'DELETE', `/${TOKEN}`],
  ])('%s', async (_, method, path) => {
    const { post, webhooks, lines } = await receiver();
    expect(await post(path, bodyOf('job-1'), method)).toEqual({ status: 404, body: '{}' });
    expect({ webhooks, lines }).toEqual({ webhooks: [], lines: [] });
  });

  test('before any of a body is read', async () => {
    const { url, webhooks } = await receiver();
    const sent = request(`${url}/${others.sign(KEY)}`, { method: 'POST', headers: { 'content-length': 16 * MIB } });
    sent.flushHeaders();
    const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', async (response) => resolve({ status: response.statusCode, body: await text(response) }));
    });
    expect(answer).toEqual({ status: 404, body: '{}' });
    sent.on('error', () => undefined).destroy();
    expect(webhooks).toEqual([]);
  });
});

describe('a request that does not end well leaves no trace', () => {
  test('one of more bytes than any job has', async () => {
    const { url, webhooks, post } = await receiver();
    const status = await fetch(`${url}/${TOKEN}`, { method: 'POST', body: new Uint8Array(33 * MIB) }).then(
      (answer) => answer.status,
      // The connection is closed while the rest is still being sent.
      () => 413,
    );
    expect(status).toBe(413);
    expect(webhooks).toEqual([]);
    expect((await post(`/${TOKEN}`)).status).toBe(200);
  });

  test('one whose body does not come to its end in time', async () => {
    const { url, webhooks } = await receiver({ requestTimeoutMs: 200 });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.write(`POST /${TOKEN} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"id":"jo`);
    const dripping = setInterval(() => socket.write('b'), 20);
    socket.on('error', () => undefined);
    const answer = await text(socket).catch(() => '');
    clearInterval(dripping);
    expect(answer === '' || answer.startsWith('HTTP/1.1 408')).toBe(true);
    expect(webhooks).toEqual([]);
  });

  test('one whose head does not', async () => {
    const { url, webhooks } = await receiver({ requestTimeoutMs: 200 });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.write(`POST /${TOKEN} HTTP/1.1\r\nhost: x\r\n`);
    expect(await text(socket).catch(() => '')).toMatch(/^(HTTP\/1\.1 408|$)/);
    expect(webhooks).toEqual([]);
  });

  test('one that breaks off', async () => {
    const { url, webhooks, lines, post } = await receiver();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => {
      socket.write(`POST /${TOKEN} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"id":"jo`, () => resolve());
    });
    socket.destroy();
    await until('it is gone', () => socket.closed);
    expect((await post(`/${TOKEN}`)).status).toBe(200);
    expect(webhooks).toHaveLength(1);
    expect(lines).toEqual([]);
  });
});
