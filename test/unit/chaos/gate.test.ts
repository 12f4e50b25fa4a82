import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Gate, openGate } from '../../../chaos/world/gate.js';
import { until } from '../../integration/harness.js';

/** A server that answers every chunk with the same, behind a gate. */
async function gateBeforeEcho(watch: NonNullable<Parameters<typeof openGate>[0]['watch']> = () => 'pass') {
  const came: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      came.push(chunk.toString());
      socket.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gate = await openGate({ port: () => port, watch });
  onTestFinished(async () => {
    await gate.close();
    server.close();
  });
  return { gate, came };
}

async function dial({ port }: Gate) {
  const answers: string[] = [];
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('data', (chunk) => answers.push(chunk.toString()));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return { socket, answers, closed };
}

describe('a gate', () => {
  it('lets bytes through, and closes with either side', async () => {
    const { gate } = await gateBeforeEcho();
    const { socket, answers, closed } = await dial(gate);
    socket.write('one');
    await until('it is answered', () => answers.length === 1);
    gate.drop();
    await closed;
    expect(answers).toEqual(['one']);
  });

  it('holds the chunk that is watched for, and what comes after it, until it is released', async () => {
    const { gate, came } = await gateBeforeEcho((_, chunk, direction) =>
      direction === 'to' && chunk.toString() === 'two' ? 'hold' : 'pass',
    );
    const { socket, answers } = await dial(gate);
    for (const word of ['one', 'two', 'three']) {
      socket.write(word);
      await until('it is out', () => socket.writableLength === 0);
      if (word === 'one') await until('it is answered', () => answers.includes('one'));
    }
    const other = await dial(gate);
    other.socket.write('four');
    await until('it is out', () => other.socket.writableLength === 0);
    expect(came).toEqual(['one']);
    gate.release();
    await until('all have come', () => came.join('').length === 'onetwothreefour'.length);
  });

  it('holds answers whose questions went through', async () => {
    const { gate, came } = await gateBeforeEcho();
    const { socket, answers } = await dial(gate);
    gate.hold('from');
    socket.write('one');
    await until('it has come', () => came.length === 1);
    expect(answers).toEqual([]);
    gate.release();
    await until('it is answered', () => answers.length === 1);
  });

  it('cut in silence, passes nothing on and breaks nothing until it is mended', async () => {
    const sent: string[] = [];
    const { gate, came } = await gateBeforeEcho((_, chunk) => {
      sent.push(chunk.toString());
      return 'pass';
    });
    const { socket, closed } = await dial(gate);
    await gate.cut('silence');
    socket.write('lost');
    await until('it is at the gate', () => sent.includes('lost'));
    await gate.mend();
    await closed;
    const again = await dial(gate);
    again.socket.write('one');
    await until('it is answered', () => again.answers.length === 1);
    expect(came).toEqual(['one']);
  });

  it('cut with refusals, breaks what is connected and accepts nothing until it is mended', async () => {
    const { gate } = await gateBeforeEcho();
    const before = await dial(gate);
    await gate.cut('refuse');
    await before.closed;
    const [error] = (await once(connect(gate.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await gate.mend();
    const after = await dial(gate);
    after.socket.write('one');
    await until('it is answered', () => after.answers.length === 1);
  });
});
