import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../fixtures/free-port.js';
import { connect, jobServer, json, listen, type Respond, rejection } from './job-server.js';

const silence: Respond = () => {};
const reset: Respond = (response) => {
  response.socket?.resetAndDestroy();
};

const job = { id: 'j-1', status: 'IN_QUEUE' };

describe('no answer', () => {
  test('in time leaves the fate of a submit open, and makes a read unavailable', async () => {
    const { api, received } = await jobServer(silence);
    const submit = await rejection(api.run('ep', { input: 1 }, { timeoutMs: 1_000 }));
    expect(submit.code).toBe('SubmitAmbiguous');
    expect(submit.message).toContain('no whole answer within 1000 ms');
    expect((await rejection(api.health('ep', { timeoutMs: 500 }))).code).toBe('Unavailable');
    await expect.poll(() => received.length).toBe(2);
  });

  test('in time counts the body too', async () => {
    const { api } = await jobServer((response) => response.writeHead(200).write('{"id":'));
    expect((await rejection(api.status('ep', 'j-1', { timeoutMs: 100 }))).code).toBe('Unavailable');
  });

  test.each([
    ['run', 'SubmitAmbiguous'],
    ['status', 'Unavailable'],
    ['retry', 'Unavailable'],
  ] as const)(
    'but a reset after the request was read makes %s %s, and nothing is sent twice',
    async (operation, code) => {
      const { api, received } = await jobServer(reset);
      const call = operation === 'run' ? api.run('ep', { input: 1 }) : api[operation]('ep', 'j-1');
      expect((await rejection(call)).code).toBe(code);
      expect(received).toHaveLength(1);
    },
  );

  test('but a reset on a connection that was used before leaves the fate of a submit open', async () => {
    const { api, received } = await jobServer((response, request) =>
      (request.method === 'GET' ? json(job) : reset)(response, request),
    );
    await api.status('ep', 'j-1');
    expect((await rejection(api.run('ep', { input: 1 }))).code).toBe('SubmitAmbiguous');
    expect(received).toHaveLength(2);
  });

  test('but a cut in the middle of it leaves the fate of a submit open', async () => {
    const { api } = await jobServer((response) => {
      response
        .writeHead(200, { 'content-length': '100' })
        .write('{"id":"j-1"', () => response.socket?.resetAndDestroy());
    });
    expect((await rejection(api.run('ep', { input: 1 }))).code).toBe('SubmitAmbiguous');
  });

  test('since nobody listens means that certainly no job was made', async () => {
    const error = await rejection(connect(`http://127.0.0.1:${await freePort()}`).run('ep', { input: 1 }));
    expect(error.code).toBe('Unavailable');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('since the connection was never made means that certainly no job was made', async () => {
    // Takes the connection and never speaks TLS, so that no request can be written.
    const sockets: { destroy(): void }[] = [];
    const server = createTcpServer((socket) => sockets.push(socket.on('error', () => {})));
    const port = await listen(server, () => {
      for (const socket of sockets) socket.destroy();
    });
    const api = connect(`https://127.0.0.1:${port}`);
    expect((await rejection(api.run('ep', { input: 1 }, { timeoutMs: 100 }))).code).toBe('Unavailable');

    const reason = new Error('leave');
    const controller = new AbortController();
    const call = api.run('ep', { input: 1 }, { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe('an abort', () => {
  test('ends a call with its own reason', async () => {
    const controller = new AbortController();
    const reason = new Error('the run was cancelled');
    const { api } = await jobServer(() => controller.abort(reason));
    await expect(api.run('ep', { input: 1 }, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('beforehand sends nothing', async () => {
    const { api, received } = await jobServer(json(job));
    await expect(api.run('ep', { input: 1 }, { signal: AbortSignal.abort('stop') })).rejects.toBe('stop');
    expect(received).toHaveLength(0);
  });

  test('closes the connection that the call had to itself, and spares the others', async () => {
    const held: ServerResponse[] = [];
    const { api } = await jobServer((response) => held.push(response));
    const controller = new AbortController();
    const long = api.statusSync('ep', 'j-1', { signal: controller.signal });
    await expect.poll(() => held.length).toBe(1);
    const other = api.status('ep', 'j-1');
    await expect.poll(() => held.length).toBe(2);

    controller.abort();
    await expect(long).rejects.toBe(controller.signal.reason);
    await expect.poll(() => held[0]?.destroyed).toBe(true);
    held[1]?.end(JSON.stringify(job));
    expect(await other).toMatchObject({ jobId: 'j-1' });
  });

  test('leaves no listener behind on a signal that lives on', async () => {
    const { api } = await jobServer(json(job));
    const { signal } = new AbortController();
    await api.status('ep', 'j-1', { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('closing', () => {
  test('lets a call under way finish, and takes no other', async () => {
    const held: ServerResponse[] = [];
    const { api, received } = await jobServer((response) => held.push(response));
    const underWay = api.run('ep', { input: 1 });
    await expect.poll(() => held.length).toBe(1);

    const closed = api.close();
    expect((await rejection(api.run('ep', { input: 2 }))).code).toBe('Unavailable');
    held[0]?.end(JSON.stringify(job));
    expect(await underWay).toMatchObject({ jobId: 'j-1' });
    await closed;
    expect(received).toHaveLength(1);
  });

  test('does not wait for a call that was given up', async () => {
    const { api } = await jobServer(silence);
    await rejection(api.status('ep', 'j-1', { timeoutMs: 20 }));
    await api.close();
    await api.close();
  });
});
