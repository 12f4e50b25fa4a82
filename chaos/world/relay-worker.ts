/** A worker of JobRelay in a process of its own. */
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../config/index.js';
import { startWorker } from '../../worker/index.js';
import { type Child, serveAsChild, startChild } from './child.js';

export interface RelayWorkerOptions {
  readonly temporal: string;
  readonly emulator: string;
  readonly taskQueue: string;
  /** A `jobrelay.yaml` there is its configuration; the artifacts are there too. */
  readonly stateDir: string;
}

const FILE = fileURLToPath(import.meta.url);

/** Its `ready` is the port on which it receives webhooks, if its configuration has them. */
export function startRelayWorker(options: RelayWorkerOptions, log: number): Promise<Child> {
  return startChild(FILE, options, log);
}

await serveAsChild(FILE, async ({ temporal, emulator, taskQueue, stateDir }: RelayWorkerOptions) => {
  const env = { HOOKS_SECRET: 'known to the workers of this proof alone' };
  const config = await loadConfig({ env, cwd: stateDir, stateDir, emulatorUrl: emulator });
  const address = { address: temporal, namespace: 'default', environment: 'ignored' } as const;
  const worker = await startWorker({ config, env, taskQueue, temporal: address });
  worker.done.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  return worker.webhooks === undefined ? 'ready' : Number(new URL(worker.webhooks).port);
});
