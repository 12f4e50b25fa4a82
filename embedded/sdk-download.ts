import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchIntoCache } from './cli-cache.js';
import type { CliSearch } from './cli-place.js';
import { killGroup } from './kill-group.js';
import { lastLine } from './run-command.js';

/** A download that has brought nothing for this long is given up. A slow one that moves is not. */
const STALL_MS = 20_000;

/** The SDK downloads a CLI only on the way to starting it, so it is started, and ended at once. */
const DOWNLOAD = `
const [testing, downloadDir] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir } } })
  .then((env) => env.teardown())
  .then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

/**
 * Lets the SDK's test environment download the CLI that fits it. In a process of its own, because the native download cannot be
 * cancelled and would keep this one alive. Throws why there is none.
 */
export async function fetchThroughSdk(search: CliSearch): Promise<string> {
  return fetchIntoCache(search.cacheDir, async (folder) => {
    const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
    const child = spawn(process.execPath, ['-e', DOWNLOAD, testing, folder], {
      env: search.env,
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own, to end the server with it.
      detached: true,
      windowsHide: true,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new AbortController();
    const exit = once(child, 'close').finally(() => ended.abort());
    const stalled = stalls(folder, AbortSignal.any([ended.signal, ...(search.signal ? [search.signal] : [])]));
    try {
      await Promise.race([exit, stalled]);
    } finally {
      killGroup(child);
      await exit;
    }
    search.signal?.throwIfAborted();
    const binary = (await readdir(folder)).find((name) => !name.endsWith('.downloading'));
    if (binary) return join(folder, binary);
    throw new Error(stderr ? cause(stderr) : `nothing arrived for ${STALL_MS / 1000} s`);
  });
}

/** Resolves when the folder has not grown for {@link STALL_MS}, or when the signal aborts. */
async function stalls(folder: string, signal: AbortSignal): Promise<void> {
  let bytes = -1;
  for (;;) {
    const now = await sizeOf(folder);
    if (now === bytes) return;
    bytes = now;
    await sleep(STALL_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The cause alone: the SDK says before it that it failed to start, and repeats a long address. */
function cause(stderr: string): string {
  return lastLine(stderr.replaceAll(/(: error sending request)? for url \([^)]*\)/g, '')).replace(
    /^.* executable: /,
    '',
  );
}
