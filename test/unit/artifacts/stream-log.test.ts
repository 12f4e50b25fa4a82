import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ArtifactReferenceInvalid,
  appendToLog,
  EMPTY_LOG,
  readLog,
  type StreamLog,
  sealLog,
  toStreamLog,
} from '../../../artifacts/index.js';
import type { JsonValue } from '../../../job-api/json.js';
import { createMemoryStore } from './values.js';

async function read(log: StreamLog, from: number, { store }: ReturnType<typeof createMemoryStore>) {
  const entries: JsonValue[] = [];
  const offsets: number[] = [];
  for await (const { offset, entry } of readLog(log, from, store)) {
    entries.push(entry);
    offsets.push(offset);
  }
  return { entries, offsets };
}

describe('a log', () => {
  it('gives from every offset what was appended, in order, however it came and whenever it was sealed', async () => {
    const batch = fc.array(fc.oneof(fc.string({ maxLength: 2_000 }), fc.integer(), fc.jsonValue()), { maxLength: 12 });
    const steps = fc.array(fc.record({ batch, seal: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (all, anywhere) => {
        const memory = createMemoryStore();
        const expected: JsonValue[] = [];
        let log = EMPTY_LOG;
        for (const { batch, seal } of all) {
          log = await appendToLog(log, batch as JsonValue[], memory.store);
          if (seal) log = await sealLog(log, memory.store);
          expected.push(...(JSON.parse(JSON.stringify(batch)) as JsonValue[]));
        }
        const from = expected.length === 0 ? 0 : anywhere % (expected.length + 1);
        const { entries, offsets } = await read(log, from, memory);
        expect(entries).toEqual(expected.slice(from));
        expect(offsets).toEqual(expected.map((_, offset) => offset).slice(from));
        expect(log.entries).toBe(expected.length);
      }),
      { numRuns: 60 },
    );
  });

  it('is small itself, and stores no more than grows, over 10,000 entries', async () => {
    const memory = createMemoryStore();
    let log = EMPTY_LOG;
    let largest = 0;
    for (let n = 0; n < 10_000; n++) {
      log = await appendToLog(log, [{ n, text: 'forty characters or so, as tokens have.' }], memory.store);
      largest = Math.max(largest, JSON.stringify(log).length);
    }
    expect(largest).toBeLessThan(6_500);
    const stored = [...memory.contents.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(stored).toBeLessThan(10_000 * 70);
    expect(JSON.stringify(await sealLog(log, memory.store)).length).toBeLessThan(120);
  });

  it('is read on from near its end without what is before', async () => {
    const memory = createMemoryStore();
    let log = EMPTY_LOG;
    for (let n = 0; n < 5_000; n++) log = await appendToLog(log, ['x'.repeat(100)], memory.store);
    memory.seen.gets.length = 0;
    expect((await read(log, 4_999, memory)).entries).toHaveLength(1);
    expect(memory.seen.gets.length).toBeLessThanOrEqual(1);
  });

  it('says so where something else is stored in its place', async () => {
    const memory = createMemoryStore();
    const { sha256 } = await memory.store.put(Buffer.from('{"no":"page"}'));
    await expect(read({ entries: 1, page: sha256 }, 0, memory)).rejects.toBeInstanceOf(ArtifactReferenceInvalid);
    const text = await memory.store.put(Buffer.from('no JSON'));
    const log = { entries: 1, segments: [[text.sha256, 1]] } as const;
    await expect(read(log, 0, memory)).rejects.toBeInstanceOf(ArtifactReferenceInvalid);
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { entries: -1 },
    { entries: 1, page: '../../etc/passwd' },
    { entries: 1, segments: [['short', 1]] },
    { entries: 1, tail: 'a' },
  ])('is not taken from %j', (value) => {
    expect(toStreamLog(value)).toBeUndefined();
  });
});
