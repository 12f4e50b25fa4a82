import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArtifactRef, createFileStore } from '../../../artifacts/index.js';
import { jobrelay } from './run-in-process.js';

let cwd: string;
let ref: ArtifactRef;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-cli-'));
  const bytes = Buffer.from('a red boat\n');
  const { sha256, uri } = await createFileStore({ root: join(cwd, '.jobrelay/artifacts') }).put(bytes);
  ref = { sha256, bytes: bytes.byteLength, mediaType: 'text/plain', encoding: 'text', uri };
});
afterAll(() => rm(cwd, { recursive: true }));

const get = (...args: string[]) => jobrelay(['artifact', 'get', ...args], { cwd });

describe('jobrelay artifact get', () => {
  it.each<[string, () => string]>([
    ['its digest', () => ref.sha256],
    ['its reference', () => JSON.stringify({ $artifact: ref })],
    ['what is inside the reference', () => JSON.stringify(ref)],
  ])('prints the bytes and nothing else, by %s', async (_what, argument) => {
    expect(await get(argument())).toEqual({ exitCode: 0, stdout: 'a red boat\n', stderr: '' });
  });

  it('writes them to a file, and says which', async () => {
    expect(await get(ref.sha256, '--out', 'boat.txt')).toEqual({ exitCode: 0, stdout: 'boat.txt\n', stderr: '' });
    expect(await readFile(join(cwd, 'boat.txt'), 'utf8')).toBe('a red boat\n');
    const { stdout } = await get(ref.sha256, '--out', 'boat.txt', '--json');
    expect(JSON.parse(stdout)).toEqual({ sha256: ref.sha256, bytes: 11, file: join(cwd, 'boat.txt') });
  });

  describe('of one that is damaged', () => {
    const damaged = async () => {
      const store = createFileStore({ root: join(cwd, '.jobrelay/artifacts') });
      const { sha256, uri } = await store.put(Buffer.alloc(300_000, randomUUID()));
      await writeFile(fileURLToPath(uri), Buffer.alloc(300_000, 'other'));
      return sha256;
    };

    it('leaves a file that was there as it was, and nothing beside it', async () => {
      const folder = await mkdtemp(join(cwd, 'kept-'));
      const out = join(folder, 'sheet.png');
      await writeFile(out, 'an older sheet');
      const { exitCode, stderr } = await get(await damaged(), '--out', out);
      expect(stderr).toMatch(/^error: artifact [0-9a-f]{64} is damaged/);
      expect(exitCode).toBe(1);
      expect(await readFile(out, 'utf8')).toBe('an older sheet');
      expect(await readdir(folder)).toEqual(['sheet.png']);
    });

    it('makes no file where there was none', async () => {
      const folder = await mkdtemp(join(cwd, 'none-'));
      expect((await get(await damaged(), '--out', join(folder, 'sheet.png'))).exitCode).toBe(1);
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('replaces what is longer, keeps its rights, and follows a link', async () => {
    const folder = await mkdtemp(join(cwd, 'replaced-'));
    const [file, link] = [join(folder, 'boat.txt'), join(folder, 'link')];
    await writeFile(file, 'x'.repeat(1_000), { mode: 0o600 });
    await symlink(file, link);
    expect((await get(ref.sha256, '--out', link)).exitCode).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('a red boat\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['boat.txt', 'link']);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('writes to a pipe, and leaves it one', async () => {
    const pipe = join(cwd, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [read, { exitCode }] = await Promise.all([readFile(pipe, 'utf8'), get(ref.sha256, '--out', pipe)]);
    expect({ read, exitCode }).toEqual({ read: 'a red boat\n', exitCode: 0 });
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });

  it.each<[string, () => string[], RegExp, number]>([
    ['an artifact that is not there', () => ['0'.repeat(64)], /artifact 0{64} is not in .*artifacts/, 4],
    ['a digest that is none', () => ['../secret'], /named by 64 lower-case hex digits/, 2],
    ['a reference that is none', () => ['{"sha256": "x"}'], /sha256 must be 64 lower-case hex digits/, 2],
    ['what is not JSON', () => ['{"$artifact": '], /<artifact>:1:15: not JSON/, 2],
    ['a folder that is not there', () => [ref.sha256, '--out', 'no/boat.txt'], /--out no\/boat.txt: its folder/, 2],
    ['a folder in the place of a file', () => [ref.sha256, '--out', '.'], /--out \.: it is a folder/, 2],
  ])('refuses %s', async (_what, args, message, code) => {
    const { exitCode, stdout, stderr } = await get(...args());
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exitCode).toBe(code);
  });

  it('prints text on a terminal, and keeps from it what could be taken for commands', async () => {
    const onTerminal = (sha256: string) => jobrelay(['artifact', 'get', sha256], { cwd, terminal: true });
    expect(await onTerminal(ref.sha256)).toMatchObject({ exitCode: 0, stdout: 'a red boat\n' });
    const store = createFileStore({ root: join(cwd, '.jobrelay/artifacts') });
    const { sha256 } = await store.put(Buffer.from('\u001b[2J'));
    const { exitCode, stdout, stderr } = await onTerminal(sha256);
    expect(stderr).toMatch(/its 4 bytes are no text for a terminal: write them to a file with --out/);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  it('wants a file with --json, since the standard output holds one document', async () => {
    const { exitCode, stdout } = await get(ref.sha256, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'InputError' } });
    expect(exitCode).toBe(2);
  });
});
