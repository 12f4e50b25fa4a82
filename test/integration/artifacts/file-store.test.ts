import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../../../artifacts/index.js';
import { digestOf, itIsAStore, repeated } from './store-contract.js';

describe('artifacts as files', () => {
  let root: string;
  beforeAll(async () => {
    root = path.join(await mkdtemp(path.join(tmpdir(), 'artifacts-')), 'store');
  });
  afterAll(() => rm(path.dirname(root), { recursive: true }));
  const open = () => createStore({ driver: 'file', path: root });

  itIsAStore(() => ({ open, fileOf: (sha256) => path.join(root, 'sha256', sha256.slice(0, 2), sha256) }));

  it('are whole or not there when a writer is killed in the middle, and what it left is swept', async () => {
    const folder = path.join(root, 'tmp');
    const writer = spawn(process.execPath, ['--input-type=module', '-e', ENDLESS_WRITER, root], { stdio: 'inherit' });
    await expect.poll(() => readdir(folder).catch(() => []), { timeout: 45_000 }).toHaveLength(1);
    const [left = ''] = await readdir(folder);
    writer.kill('SIGKILL');
    await once(writer, 'exit');

    const chunk = Buffer.alloc(65_536, 'k');
    const { sha256 } = await open().putStream(repeated(chunk, 3));
    expect(sha256).toBe(digestOf(chunk, chunk, chunk));
    expect(await readdir(folder)).toEqual([left]);
    const before = new Date(Date.now() - 3_600_000);
    expect(await open().sweep({ before })).toBe(0);
    await utimes(path.join(folder, left), new Date(0), new Date(0));
    expect(await open().sweep({ before })).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Writes one artifact without end, from the build that users get. */
const ENDLESS_WRITER = `
import { createStore } from ${JSON.stringify(new URL('../../../dist/artifacts/index.js', import.meta.url).href)};
async function* endless() {
  for (;;) {
    yield Buffer.alloc(65536, 'k');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
await createStore({ driver: 'file', path: process.argv[1] }).putStream(endless());
`;
