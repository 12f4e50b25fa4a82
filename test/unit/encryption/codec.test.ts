import { createDecipheriv } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { EncryptionCodec, parseEncryptionKeys } from '../../../encryption/index.js';

const KEY = Buffer.alloc(32, 7);
const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const codec = (keys?: string) => new EncryptionCodec(parseEncryptionKeys(keys));
const SECRET = { text: 'nobody reads this' };
const plain = (): Payload => defaultPayloadConverter.toPayload(SECRET);
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

async function sealed(keys: string): Promise<Payload> {
  const [payload] = await codec(keys).encode([plain()]);
  if (payload === undefined) throw new Error('one payload makes one');
  return payload;
}

describe('the codec', () => {
  it('gives back what it encrypted, and shows nothing of it', async () => {
    const payload = await sealed(`new:${key(7)}`);
    expect(text(payload.data)).not.toContain('nobody');
    const [read] = await codec(`new:${key(7)}`).decode([payload]);
    expect(defaultPayloadConverter.fromPayload(read as Payload)).toEqual(SECRET);
  });

  it("writes as Temporal's samples do, so that other languages can read it", async () => {
    const { metadata, data } = await sealed(`new:${key(7)}`);
    expect(text(metadata?.encoding)).toBe('binary/encrypted');
    expect(text(metadata?.['encryption-key-id'])).toBe('new');
    const bytes = Buffer.from(data ?? []);
    const decipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
    const opened = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    expect(text(proto.temporal.api.common.v1.Payload.decode(opened).data)).toBe(JSON.stringify(SECRET));
  });

  it('never writes the same twice', async () => {
    const [one, other] = [await sealed(`new:${key(7)}`), await sealed(`new:${key(7)}`)];
    expect(text(one.data)).not.toBe(text(other.data));
  });

  it('reads what an older key encrypted, and encrypts with the new one', async () => {
    const both = codec(`new:${key(8)},old:${key(7)}`);
    const [read] = await both.decode([await sealed(`old:${key(7)}`)]);
    expect(defaultPayloadConverter.fromPayload(read as Payload)).toEqual(SECRET);
    const [written] = await both.encode([plain()]);
    expect(text(written?.metadata?.['encryption-key-id'])).toBe('new');
  });

  it('reads what nobody encrypted', async () => {
    expect(await codec(`new:${key(7)}`).decode([plain()])).toEqual([plain()]);
  });

  it('without keys leaves all as it is', async () => {
    expect(await codec().encode([plain()])).toEqual([plain()]);
  });

  it.each([
    ['is not set', undefined, 'it needs the key "old", and JOBRELAY_ENCRYPTION_KEYS is not set: add that key to it'],
    ['lacks the key', `new:${key(8)}`, 'it needs the key "old", and JOBRELAY_ENCRYPTION_KEYS has only "new": add'],
    ['has another one by that id', `old:${key(8)}`, 'the key "old" of JOBRELAY_ENCRYPTION_KEYS is not the one that'],
  ])('says so where the variable %s', async (_, keys, message) => {
    await expect(codec(keys).decode([await sealed(`old:${key(7)}`)])).rejects.toThrow(message);
  });

  it('notices a payload that was changed', async () => {
    const payload = await sealed(`old:${key(7)}`);
    const data = Buffer.from(payload.data ?? []);
    data.writeUInt8(data.readUInt8(20) ^ 1, 20);
    await expect(codec(`old:${key(7)}`).decode([{ ...payload, data }])).rejects.toThrow('or the payload is damaged');
  });
});
