/** An emulator in a process of its own, that keeps to the documented limits. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmulator } from '../emulator/index.js';
import { type Child, startChild } from './child.js';

export interface EmulatorProcessOptions {
  /** By their ids; how long a job runs follows from its number. */
  readonly endpoints: Readonly<Record<string, { readonly workers: number; readonly times: 'even' | 'unpredictable' }>>;
}

const FILE = fileURLToPath(import.meta.url);
/** Keeps numbers that follow each other far apart. */
const SCATTER = 0.618_033_988_75;
const EVEN_MS = { from: 2_000, to: 6_000 } as const;

/** Resolves with its URL. */
export async function startEmulatorProcess(options: EmulatorProcessOptions): Promise<Child & { readonly url: string }> {
  const child = startChild(FILE, options);
  return { ...child, url: (await child.answer()) as string };
}

function runMs(times: 'even' | 'unpredictable', n: number): number {
  const part = (n * SCATTER) % 1;
  // Exponential: however long one has run, it tells nothing of how long it will.
  return times === 'even' ? EVEN_MS.from + part * (EVEN_MS.to - EVEN_MS.from) : -4_000 * Math.log(1 - part);
}

async function serve({ endpoints }: EmulatorProcessOptions): Promise<void> {
  const defined = Object.entries(endpoints).map(([id, { workers, times }]) => [
    id,
    {
      workers,
      handler: async (input: unknown) => {
        await delay(runMs(times, (input as { readonly n: number }).n));
        return null;
      },
    },
  ]);
  const emulator = await startEmulator({ endpoints: Object.fromEntries(defined), limits: 'documented' });
  process.send?.(emulator.url);
  process.once('disconnect', () => void emulator.close());
}

if (process.argv[1] === FILE) await serve(JSON.parse(process.argv[2] ?? '') as EmulatorProcessOptions);
