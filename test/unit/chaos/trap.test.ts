import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { CRASH_POINTS, type CrashPoint } from '../../../chaos/points/points.js';
import { openTrap } from '../../../chaos/points/trap.js';
import { until } from '../../integration/harness.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** What a client of gRPC sends to say it. */
function grpc(said: string): Buffer {
  const head = Buffer.alloc(14);
  head.writeUIntBE(said.length + 5, 0, 3);
  head.writeUInt32BE(1, 5);
  head.writeUInt32BE(said.length, 10);
  return Buffer.concat([head, Buffer.from(said)]);
}

/** A trap before a provider whose jobs have the names of their runs, and before what takes everything for Temporal. */
async function trapBeforeBoth() {
  const asked: string[] = [];
  const provider = createServer(async (request: IncomingMessage, response) => {
    const body = await text(request);
    asked.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify(body === '' ? {} : { id: `job-of-${JSON.parse(body).input.run}` }));
  });
  let told = '';
  const temporal = createTcpServer((socket) => {
    socket.on('data', (chunk) => {
      told += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
  });
  for (const server of [provider, temporal]) await once(server.listen(0, '127.0.0.1'), 'listening');
  const portOf = (server: typeof provider | typeof temporal) => (server.address() as AddressInfo).port;
  const trap = await openTrap({ temporal: portOf(temporal), provider: portOf(provider) });
  const worker = connect(trap.temporalPort, '127.0.0.1');
  worker.on('error', () => undefined);
  worker.write(PREFACE);
  onTestFinished(async () => {
    worker.destroy();
    await trap.close();
    provider.close();
    temporal.close();
  });
  const base = `http://127.0.0.1:${trap.providerPort}/v2/points-quick`;
  return {
    ...{ trap, asked },
    told: () => told,
    tell: (said: string) => void worker.write(grpc(said)),
    submit: (run: string) => fetch(`${base}/run`, { method: 'POST', body: JSON.stringify({ input: { run } }) }),
    read: (job: string) => fetch(`${base}/status/${job}`),
  };
}

function pointCalled(name: string): CrashPoint {
  const point = CRASH_POINTS.find((each) => each.name === name);
  if (point === undefined) throw new Error(`there is no point ${name}`);
  return point;
}

const { signal } = new AbortController();

it('a submit that reads its job is held there, and says nothing more; those of other runs go on', async () => {
  const { trap, asked, submit, read, tell, told } = await trapBeforeBoth();
  const caught = trap.set(pointCalled('staying'), 'run-1', signal);
  for (const run of ['run-2', 'run-1']) await (await submit(run)).text();
  await (await read('job-of-run-2')).text();
  const held = read('job-of-run-1').catch((error: unknown) => error);
  expect(await caught).toBe('held');
  tell('result of run-1 {"handle":{}}');
  trap.open();
  expect(await held).toBeInstanceOf(Error);
  expect(asked).toEqual([
    ...['POST /v2/points-quick/run', 'POST /v2/points-quick/run', 'GET /v2/points-quick/status/job-of-run-2'],
  ]);
  expect(told()).not.toContain('run-1');
});

it.for(['staying', 'accepted', 'intent-recorded'])(
  'a submit that ends without having been at the point "%s" is seen to',
  async (name) => {
    const { trap, tell, told } = await trapBeforeBoth();
    const caught = trap.set(pointCalled(name), 'run-1', signal);
    tell('result of run-2 {"handle":{}}');
    tell('result of run-1 {"handle":{}}');
    expect(await caught).toBe('went-by');
    await until('it goes on', () => told().includes('run-1'));
  },
);

it('a trap that nothing comes to is given up with the proof', async () => {
  const { trap } = await trapBeforeBoth();
  const over = new AbortController();
  const caught = trap.set(pointCalled('posted'), 'run-1', over.signal);
  over.abort();
  await expect(caught).rejects.toThrow();
});
