import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileStore, externalize, type StoreDriver } from '../../../../artifacts/index.js';
import { Marker, UnreadablePayload } from '../../../../client/gc/mark.js';

let folder: string;
let store: StoreDriver;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mark-'));
  store = createFileStore({ root: folder });
});
afterEach(() => rm(folder, { recursive: true }));

const payload = (value: unknown, encoding = 'json/plain'): Payload => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(JSON.stringify(value)),
});
const inAnswer = (one: Payload) => ({ history: { events: [{ someAttributes: { input: { payloads: [one] } } }] } });

/** Turns each bit, as a cipher would. */
const flip: PayloadCodec = {
  encode: async (payloads) => payloads.map(() => ({})),
  decode: async (payloads) =>
    payloads.map((one) => ({ ...one, data: (one.data ?? new Uint8Array()).map((byte) => byte ^ 255) })),
};

describe('what a run refers to', () => {
  test('is marked, and what that refers to in turn, and nothing else', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(2_000, 1)]);
    const value = await externalize(
      { list: Array(3_000).fill('word'), png: png.toString('base64'), text: 't'.repeat(70_000) },
      store,
      { inlineMaxBytes: 1_000, foreign: true },
    );
    const { sha256: other } = await store.put(Buffer.from('other'));
    const marker = new Marker(store, []);
    await marker.mark(inAnswer(payload({ output: value })));
    const marked: string[] = [];
    for await (const { sha256 } of store.list()) if (marker.has(sha256)) marked.push(sha256);
    const digests = [png, 't'.repeat(70_000)].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    expect(marked).toHaveLength(3);
    expect(marked).toEqual(expect.arrayContaining(digests));
    expect(marker.has(other)).toBe(false);
  });

  test('ends where references lead in a circle, or nowhere', async () => {
    const gone = '9'.repeat(64);
    const { sha256 } = await store.put(Buffer.from(JSON.stringify({ page: gone })));
    const marker = new Marker(store, []);
    await marker.mark(inAnswer(payload([sha256, sha256])));
    expect([marker.has(sha256), marker.has(gone)]).toEqual([true, true]);
  });

  test('is read through the codec of the namespace', async () => {
    const { sha256 } = await store.put(Buffer.from('kept'));
    const plain = payload({ sha256 });
    const marker = new Marker(store, [flip]);
    await marker.mark(inAnswer({ ...plain, data: (plain.data ?? new Uint8Array()).map((byte) => byte ^ 255) }));
    expect(marker.has(sha256)).toBe(true);
  });

  test('is not guessed at: an encoding that is not known ends it', async () => {
    const marker = new Marker(store, []);
    await expect(marker.mark(inAnswer(payload(1, 'binary/encrypted')))).rejects.toThrow(UnreadablePayload);
    await expect(marker.mark(inAnswer(payload(1, 'binary/encrypted')))).rejects.toThrow('nothing was removed');
  });
});
