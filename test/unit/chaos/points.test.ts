import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { GrpcMessages } from '../../../chaos/points/grpc-messages.js';
import { isAwaited, Requests, submitIn } from '../../../chaos/points/points.js';

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

describe('a crash point waits for', () => {
  it('the message of its own run, in its own phase', () => {
    const heartbeat = 'token of point-1 {"phase":"accepted","handle":{}}';
    expect(isAwaited(heartbeat, 'accepted', 'point-1')).toBe(true);
    expect(isAwaited(heartbeat, 'accepted', 'point-2')).toBe(false);
    expect(isAwaited(heartbeat, 'sending', 'point-1')).toBe(false);
    expect(isAwaited(heartbeat, 'result', 'point-1')).toBe(false);
    expect(isAwaited('token of point-1 {"handle":{}}', 'result', 'point-1')).toBe(true);
  });

  it('a submit, whose run shows when its body has come', () => {
    const requests = new Requests();
    const head = requests.take(Buffer.from('POST /v2/points/run HTTP/1.1\r\n\r\n'));
    expect(submitIn(head)).toEqual({ run: undefined });
    expect(submitIn(requests.take(Buffer.from('{"input":{"run":"point-1"}}')))).toEqual({ run: 'point-1' });
    expect(submitIn(requests.take(Buffer.from('GET /v2/points/status/1 HTTP/1.1\r\n\r\n')))).toBeUndefined();
  });
});
