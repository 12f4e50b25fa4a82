/** The job API: the emulator in a process of its own, which is never disturbed itself, since its ledger is the witness. */
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { type Fault, type Handler, type LedgerEntry, startEmulator } from '../../emulator/index.js';
import { type Child, serveAsChild, startChild } from './child.js';

/** Each job's input. The ledger keeps it, and so tells for whom a job was. */
export interface JobMark {
  readonly run: string;
  readonly unit: string;
  readonly ms: number;
  readonly fails: boolean;
}

export interface Provider {
  readonly port: number;
  ledger(): Promise<readonly LedgerEntry[]>;
  setFaults(faults: readonly Fault[], seed: number): Promise<void>;
  stop(): Promise<void>;
}

interface ProviderOptions {
  readonly endpoints: readonly string[];
}

const FILE = fileURLToPath(import.meta.url);
/** So many jobs of an endpoint run at once; with the long ones of runs that were ended early, more are queued now and then. */
const WORKERS = 200;

/** Serves the given endpoints, to the documented limits. */
export async function startProvider(options: ProviderOptions, log: number): Promise<Provider> {
  const child: Child = await startChild(FILE, options, log);
  const port = child.ready as number;
  const admin = `http://127.0.0.1:${port}/_emulator`;
  return {
    port,
    async ledger() {
      const { body } = await request(`${admin}/jobs`);
      return (await body.json()) as LedgerEntry[];
    },
    async setFaults(faults, seed) {
      const { statusCode, body } = await request(`${admin}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ faults, seed }),
      });
      const said = await body.text();
      if (statusCode !== 200) throw new Error(`the emulator does not take the faults: ${said}`);
    },
    async stop() {
      child.signal('SIGKILL');
      await child.ended;
    },
  };
}

const work: Handler = async (input, { signal }) => {
  const { unit, ms, fails } = input as unknown as JobMark;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  if (fails) throw new Error(`unit ${unit} fails, as planned`);
  return { unit };
};

await serveAsChild(FILE, async ({ endpoints }: ProviderOptions) => {
  const emulator = await startEmulator({
    endpoints: Object.fromEntries(endpoints.map((id) => [id, { workers: WORKERS, handler: work }])),
    limits: 'documented',
  });
  return emulator.port;
});
