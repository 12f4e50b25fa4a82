import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RemoteJob, RunRecord } from '../../../chaos/accounting/evidence.js';
import { accountForPoints } from '../../../chaos/points/account.js';
import { GrpcMessages } from '../../../chaos/points/grpc-messages.js';
import { Exchange, isAwaited } from '../../../chaos/points/traffic.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function frame(type: number, stream: number, payload: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function message(text: string, { zipped = false } = {}): Buffer {
  const body = zipped ? gzipSync(text) : Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt8(zipped ? 1 : 0, 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

describe('the messages of a gRPC client', () => {
  it('are read wherever the bytes are cut', () => {
    const bytes = Buffer.concat([
      PREFACE,
      frame(4, 0, Buffer.alloc(6)),
      frame(0, 1, message('one')),
      frame(0, 3, message('two', { zipped: true })),
      frame(0, 5, Buffer.concat([Buffer.from([2]), message('three'), Buffer.alloc(2)]), 0x8),
    ]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const reader = new GrpcMessages();
      const messages = [...reader.take(bytes.subarray(0, cut)), ...reader.take(bytes.subarray(cut))];
      expect(messages).toEqual(['one', 'two', 'three']);
    }
  });

  it('are put together where one comes in several frames, among those of others', () => {
    const long = message('a long one');
    const reader = new GrpcMessages();
    const frames = [frame(0, 1, long.subarray(0, 7)), frame(0, 3, message('other')), frame(0, 1, long.subarray(7))];
    expect(reader.take(Buffer.concat([PREFACE, ...frames]))).toEqual(['other', 'a long one']);
  });
});

it('a crash point waits for the message of its own run, in its own phase', () => {
  const heartbeat = 'token of point-1 {"phase":"accepted","handle":{}}';
  expect(isAwaited(heartbeat, 'accepted', 'point-1')).toBe(true);
  expect(isAwaited(heartbeat, 'accepted', 'point-2')).toBe(false);
  expect(isAwaited(heartbeat, 'sending', 'point-1')).toBe(false);
  expect(isAwaited(heartbeat, 'result', 'point-1')).toBe(false);
  expect(isAwaited('token of point-1 {"handle":{}}', 'result', 'point-1')).toBe(true);
});

describe('what is asked of the provider', () => {
  const to = (exchange: Exchange, text: string) => exchange.take(Buffer.from(text), 'to');
  const from = (exchange: Exchange, text: string) => exchange.take(Buffer.from(text), 'from');

  it('is a submit, whose run shows when its body has come, and whose job when it was answered', () => {
    const exchange = new Exchange();
    to(exchange, 'POST /v2/points/run HTTP/1.1\r\n\r\n');
    expect(exchange.submit).toEqual({ run: undefined });
    to(exchange, '{"input":{"run":"point-1"}}');
    expect(exchange).toMatchObject({ submit: { run: 'point-1' }, accepted: undefined, read: undefined });
    from(exchange, 'HTTP/1.1 200 OK\r\n\r\n');
    expect(exchange.accepted).toBeUndefined();
    from(exchange, '{"id":"j-1","status":"IN_QUEUE"}');
    expect(exchange.accepted).toBe('j-1');
  });

  it('is the status of a job, which nothing was accepted by', () => {
    const exchange = new Exchange();
    to(exchange, 'POST /v2/points/run HTTP/1.1\r\n\r\n{"input":{"run":"point-1"}}');
    from(exchange, '{"id":"j-1","status":"IN_QUEUE"}');
    to(exchange, 'GET /v2/points/status/j-1 HTTP/1.1\r\n\r\n');
    expect(exchange).toMatchObject({ submit: undefined, accepted: undefined, read: 'j-1' });
    to(exchange, 'GET /v2/points/status/j-2?wait=500 HTTP/1.1\r\n\r\n');
    expect(exchange.read).toBe('j-2');
    to(exchange, 'POST /v2/points/cancel/j-1 HTTP/1.1\r\n\r\n');
    expect(exchange).toMatchObject({ submit: undefined, read: undefined });
  });
});

describe('the account of the crash points', () => {
  const run = (name: string, more: Partial<RunRecord> = {}): RunRecord => ({
    ...{ run: name, end: 'completed', closedAt: 1_000, suspectedDuplicates: 0, failedTasks: 0 },
    ...{ known: new Set([`job of ${name}`]), resultOf: new Set([`job of ${name}`]) },
    ...{ withoutOutput: new Set(), gaveUp: new Set(), settled: new Set() },
    ...more,
  });
  const jobOf = (name: string): RemoteJob => ({
    ...{ id: `job of ${name}`, run: name, unit: 'only', status: 'COMPLETED', acceptedAt: 100, endedAt: 200 },
  });
  const names = ['point-staying-000-1', 'point-staying-000-2', 'point-staying-quick-000-1-0', 'point-posted-000-1'];
  const accounted = (runs: readonly RunRecord[]) => {
    const evidence = { runs, jobs: names.map(jobOf), takenAt: 500_000 };
    const points = accountForPoints(evidence, new Set(['point-staying-000-2', 'point-posted-000-1']));
    return (name: string) => points.find((point) => point.name === name);
  };

  it('has all runs of a point, and counts as killed the workers of those that were held there', () => {
    const of = accounted(names.map((name) => run(name)));
    expect(of('staying')).toMatchObject({ kills: 1, jobs: 3 });
    expect(of('posted')).toMatchObject({ kills: 1, jobs: 1 });
    expect(of('accepted')).toMatchObject({ kills: 0, jobs: 0 });
  });

  it('holds against a point what was lost on the way to it', () => {
    const of = accounted(
      names.map((name) => run(name, name.includes('quick') ? { resultOf: new Set(), known: new Set() } : {})),
    );
    expect(of('staying')?.account).toMatchObject({ unknown: { value: 1 }, lostResults: { value: 1 } });
  });
});
