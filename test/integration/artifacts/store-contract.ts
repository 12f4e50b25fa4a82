/** What holds for every driver of the artifact store. */
import { createHash, randomBytes } from 'node:crypto';
import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  ArtifactCorrupt,
  ArtifactMissing,
  ArtifactReferenceInvalid,
  appendToLog,
  EMPTY_LOG,
  externalize,
  readLog,
  rehydrate,
  type StoreDriver,
  sealLog,
  ValueTooLarge,
} from '../../../artifacts/index.js';

export interface StoreUnderTest {
  /** Another instance over the same contents, as another process would have. */
  open(): StoreDriver;
  /** Where the bytes of an artifact are on this machine's disk. */
  fileOf(sha256: string): string;
}

/** The tests, within a `describe` of the driver. */
export function itIsAStore(given: () => StoreUnderTest): void {
  it('gives back what was put, nothing and megabytes alike', async () => {
    const store = given().open();
    for (const bytes of [Buffer.alloc(0), Buffer.from('some bytes'), randomBytes(9_000_000)]) {
      const put = await store.put(bytes);
      expect(put.sha256).toBe(digestOf(bytes));
      expect(bytes.equals(await given().open().get(put.sha256))).toBe(true);
    }
  });

  it('streams a file in and out that is larger than what it holds of it in memory', async () => {
    const store = given().open();
    const chunk = randomBytes(1_000_003);
    const sha256 = digestOf(...Array.from({ length: 24 }, () => chunk));
    expect(await store.putStream(repeated(chunk, 24))).toMatchObject({ sha256, bytes: 24 * chunk.byteLength });
    const hash = createHash('sha256');
    for await (const part of store.open(sha256)) {
      expect(part.byteLength).toBeLessThanOrEqual(1024 * 1024);
      hash.update(part);
    }
    expect(hash.digest('hex')).toBe(sha256);
  });

  it('stores nothing of a stream that breaks off or is too long', async () => {
    const store = given().open();
    const chunk = randomBytes(100_000);
    await expect(store.putStream(breakingOff(chunk))).rejects.toThrow('broke off');
    await expect(store.putStream(repeated(chunk, 3), { maxBytes: 250_000 })).rejects.toThrow(ValueTooLarge);
    for (const parts of [[chunk], [chunk, chunk], [chunk, chunk, chunk]]) {
      await expect(store.get(digestOf(...parts))).rejects.toThrow(ArtifactMissing);
    }
  });

  it('takes the same bytes from many at once', async () => {
    const bytes = randomBytes(1_000);
    const stores = Array.from({ length: 10 }, () => given().open());
    await Promise.all(stores.map((store, at) => (at % 2 ? store.put(bytes) : store.putStream(repeated(bytes, 1)))));
    expect(bytes.equals(await given().open().get(digestOf(bytes)))).toBe(true);
  });

  it('says that an artifact is missing, and where', async () => {
    const store = given().open();
    const sha256 = digestOf(randomBytes(10));
    await expect(store.get(sha256)).rejects.toThrow(ArtifactMissing);
    await expect(store.get(sha256)).rejects.toThrow(store.location);
    await expect(collect(store.open(sha256))).rejects.toThrow(ArtifactMissing);
  });

  it('finds out that bytes were changed, and repairs what was cut by storing it again', async () => {
    const store = given().open();
    const bytes = randomBytes(1_000);
    const { sha256 } = await store.put(bytes);
    await writeFile(given().fileOf(sha256), randomBytes(1_000));
    await expect(store.get(sha256)).rejects.toThrow(ArtifactCorrupt);
    await expect(collect(store.open(sha256))).rejects.toThrow(ArtifactCorrupt);
    await writeFile(given().fileOf(sha256), bytes.subarray(1));
    await store.put(bytes);
    expect(bytes.equals(await store.get(sha256))).toBe(true);
  });

  it.each(['', '..', '../../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(64)}\n`])(
    'makes no path of %j',
    async (name) => {
      const store = given().open();
      await expect(store.get(name)).rejects.toThrow(ArtifactReferenceInvalid);
      await expect(collect(store.open(name))).rejects.toThrow(ArtifactReferenceInvalid);
      await expect(store.remove(name, { before: new Date() })).rejects.toThrow(ArtifactReferenceInvalid);
    },
  );

  it('lists what it has, and removes what is old', async () => {
    const store = given().open();
    const { sha256 } = await store.put(randomBytes(1_000));
    const listed = await find(store, sha256);
    expect(listed).toMatchObject({ sha256, bytes: 1_000 });
    expect(Math.abs(Date.now() - (listed?.storedAt.getTime() ?? 0))).toBeLessThan(60_000);

    expect(await store.remove(sha256, { before: new Date(Date.now() - 60_000) })).toBe(false);
    expect((await store.get(sha256)).byteLength).toBe(1_000);
    const before = new Date(Date.now() + 60_000);
    expect(await store.remove(sha256, { before })).toBe(true);
    expect(await store.remove(sha256, { before })).toBe(false);
    expect(await find(store, sha256)).toBeUndefined();
    await expect(store.get(sha256)).rejects.toThrow(ArtifactMissing);
  });

  it('counts as new what is stored again, so that it is not removed as old', async () => {
    const store = given().open();
    const bytes = randomBytes(1_000);
    const { sha256 } = await store.put(bytes);
    const before = new Date(Date.now() - 24 * 3_600_000);
    for (const again of [() => store.put(bytes), () => store.putStream(repeated(bytes, 1))]) {
      const longAgo = new Date('2020-01-01T00:00:00Z');
      await utimes(given().fileOf(sha256), longAgo, longAgo);
      expect((await find(store, sha256))?.storedAt).toEqual(longAgo);
      await again();
      expect((await stat(given().fileOf(sha256))).mtime.getTime()).toBeGreaterThan(before.getTime());
      expect(await store.remove(sha256, { before })).toBe(false);
    }
    expect(bytes.equals(await store.get(sha256))).toBe(true);
  });

  it('is there again after all of it was deleted', async () => {
    const store = given().open();
    const { sha256 } = await store.put(Buffer.from('kept'));
    await rm(given().fileOf(sha256));
    await store.put(Buffer.from('kept'));
    expect(Buffer.from(await store.get(sha256)).toString()).toBe('kept');
  });

  it('holds the values of runs, and the logs of streams', async () => {
    const store = given().open();
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(2_000, 1)]).toString('base64');
    const value = { text: 'x'.repeat(100_000), png, list: [1, { $artifact: 'data' }] };
    const stored = await externalize(value, store, { inlineMaxBytes: 1_000, foreign: true });
    expect(JSON.stringify(stored).length).toBeLessThan(2_000);
    expect(await rehydrate(stored, given().open())).toEqual(value);

    let log = EMPTY_LOG;
    for (let at = 0; at < 30; at++) log = await appendToLog(log, [`${at}${'y'.repeat(1_500)}`], store);
    const sealed = await sealLog(log, store);
    const entries: unknown[] = [];
    for await (const { entry } of readLog(sealed, 25, given().open())) entries.push(Number.parseInt(String(entry), 10));
    expect(entries).toEqual([25, 26, 27, 28, 29]);
  });
}

export function digestOf(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

export async function* repeated(chunk: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < times; at++) yield chunk;
}

async function* breakingOff(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
  throw new Error('broke off');
}

export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function find(store: StoreDriver, sha256: string) {
  for await (const artifact of store.list()) if (artifact.sha256 === sha256) return artifact;
  return undefined;
}
