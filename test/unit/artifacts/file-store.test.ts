import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ArtifactCorrupt,
  ArtifactMissing,
  ArtifactReferenceInvalid,
  createFileStore,
} from '../../../artifacts/index.js';

let root: string;
beforeEach(async () => {
  root = path.join(await mkdtemp(path.join(tmpdir(), 'artifacts-')), 'store');
});
afterEach(() => rm(path.dirname(root), { recursive: true }));

const bytes = Buffer.from('some bytes');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const fileOf = (digest: string) => path.join(root, 'sha256', digest.slice(0, 2), digest);

describe('createFileStore', () => {
  it('gives back what was put, from a file that its uri names', async () => {
    const store = createFileStore({ root });
    const put = await store.put(bytes);
    expect(put.sha256).toBe(sha256);
    expect(fileURLToPath(put.uri)).toBe(fileOf(sha256));
    expect(Buffer.from(await store.get(sha256))).toEqual(bytes);
  });

  it('stores nothing and megabytes alike', async () => {
    const store = createFileStore({ root });
    for (const content of [Buffer.alloc(0), Buffer.alloc(5_000_000, 'ab')]) {
      const put = await store.put(content);
      expect(content.equals(await store.get(put.sha256))).toBe(true);
    }
  });

  it('does not write again what is there', async () => {
    const store = createFileStore({ root });
    await store.put(bytes);
    const earlier = new Date(Math.floor(Date.now() / 1000) * 1000 - 600_000);
    await utimes(fileOf(sha256), earlier, earlier);
    expect((await store.put(bytes)).sha256).toBe(sha256);
    expect((await stat(fileOf(sha256))).mtime).toEqual(earlier);
  });

  it('takes the same bytes from many at once, and leaves no temporary file', async () => {
    const stores = Array.from({ length: 20 }, () => createFileStore({ root }));
    await Promise.all(stores.map((store) => store.put(bytes)));
    expect(await readFile(fileOf(sha256))).toEqual(bytes);
    expect(await readdir(path.join(root, 'tmp'))).toEqual([]);
  });

  it('says that an artifact is missing, and what to compare', async () => {
    const missing = createFileStore({ root }).get(sha256);
    await expect(missing).rejects.toThrow(ArtifactMissing);
    await expect(missing).rejects.toThrow(/is not in .*store: .*compare `artifacts`/);
  });

  it('finds out that a file was changed, and repairs one that was cut by storing again', async () => {
    const store = createFileStore({ root });
    await store.put(bytes);
    await writeFile(fileOf(sha256), 'some bytez');
    await expect(store.get(sha256)).rejects.toThrow(ArtifactCorrupt);
    await writeFile(fileOf(sha256), 'some');
    await expect(store.get(sha256)).rejects.toThrow(ArtifactCorrupt);
    await store.put(bytes);
    expect(Buffer.from(await store.get(sha256))).toEqual(bytes);
  });

  it.each(['', '..', '../../../etc/passwd', `${sha256}/../x`, sha256.toUpperCase(), `${sha256}\n`, sha256.slice(1)])(
    'makes no path of %j',
    async (digest) => {
      await expect(createFileStore({ root }).get(digest)).rejects.toThrow(ArtifactReferenceInvalid);
    },
  );
});
