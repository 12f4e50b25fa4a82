import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { workerEnvironment } from '../../../emulator/index.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/python-handler');
/** Not part of the project, and kept between runs: 200 MB that take half a minute. */
const CACHE = join(ROOT, 'node_modules/.cache/jobrelay');

/** Folder of RunPod's Python package with all that it needs, for `PYTHONPATH`; or why there is none. */
export type RunpodPackage = { readonly folder: string } | { readonly missing: string };

/** Installs what the example asks for, once. */
export async function installRunpodPackage(): Promise<RunpodPackage> {
  const requirement = (await readFile(join(EXAMPLE, 'requirements.txt'), 'utf8')).trim();
  let building: string | undefined;
  try {
    const { stdout } = await run('python3', ['-c', 'import sys; print(sys.implementation.cache_tag)']);
    const folder = join(CACHE, `${requirement}-${stdout.trim()}`);
    if (existsSync(folder)) return { folder };
    await mkdir(CACHE, { recursive: true });
    // Moved to its place when it is whole: an install may be interrupted.
    building = await mkdtemp(join(CACHE, 'building-'));
    const quiet = [
      '--quiet',
      '--no-input',
      '--no-compile',
      '--disable-pip-version-check',
      '--no-warn-conflicts',
      '--retries',
      '1',
    ];
    await run('python3', ['-m', 'pip', 'install', ...quiet, '--target', building, requirement], { timeout: 300_000 });
    if ((await readdir(building)).includes('runpod')) await rename(building, folder);
    return { folder };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    return { missing: said || String(error) };
  } finally {
    if (building !== undefined) await rm(building, { recursive: true, force: true });
  }
}

export interface PythonWorker {
  readonly id: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** What it printed so far. */
  log(): string;
  /** Ends it with its heartbeat, which is a process of its own. */
  end(): void;
}

export interface PythonWorkerOptions {
  readonly folder: string;
  readonly emulatorUrl: string;
  readonly endpointId: string;
  readonly workerId: string;
}

/** Starts a handler of the example, as its guide says. */
export function startPythonWorker(script: string, options: PythonWorkerOptions): PythonWorker {
  const { folder, emulatorUrl, endpointId, workerId } = options;
  const child = spawn('python3', [join(EXAMPLE, script)], {
    env: {
      PATH: process.env.PATH,
      // The package would send a key that is stored at home.
      HOME: tmpdir(),
      PYTHONPATH: folder,
      PYTHONUNBUFFERED: '1',
      ...workerEnvironment({ url: emulatorUrl, endpointId, workerId }),
      RUNPOD_PING_INTERVAL: '1000',
    },
    // A group of its own, so that all its processes can be ended.
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('python3 did not start');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      log += text;
    });
  }
  return {
    id: workerId,
    pid,
    process: child,
    log: () => log,
    end() {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // None of them is left.
      }
    },
  };
}

/** Repeats `check` until it doesn't throw; a worker takes seconds to start, more on a busy machine. */
export function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 45_000, interval: 50 });
}
