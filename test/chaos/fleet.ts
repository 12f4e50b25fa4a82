import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Run } from '../../client/index.js';
import type { LedgerEntry } from '../../emulator/index.js';
import { type Harness, type HarnessOptions, startHarness, until } from '../integration/harness.js';
import { startWorkerProcess, type WorkerProcess } from './worker-process.js';

/** An emulator and a client in the test's process, and workers in processes of their own. */
export interface Fleet extends Harness {
  startWorker(): Promise<WorkerProcess>;
  /** Jobs that the provider ever accepted whose input has this `mark`. */
  jobsMarked(mark: string): LedgerEntry[];
}

/** `stop` ends every worker that was started, frozen or not, and then the rest. */
export async function startFleet(options: Omit<HarnessOptions, 'worker'> = {}): Promise<Fleet> {
  const { env = {} } = options;
  const harness = await startHarness({ ...options, worker: false });
  const { emulator, taskQueue, stateDir } = harness;
  // What activities settle by themselves is to be seen here, and not what is found afterwards.
  const keyed = 'keyed: { use: local/held, correlation: { field: relay_key } }';
  await writeFile(join(stateDir, 'jobrelay.yaml'), `version: 1\nreap: off\nendpoints: { ${keyed} }\n`);
  const started: Promise<WorkerProcess>[] = [];
  return {
    ...harness,
    startWorker() {
      const worker = startWorkerProcess({ ...inject('temporal'), taskQueue, stateDir, env, emulatorUrl: emulator.url });
      started.push(worker);
      return worker;
    },
    jobsMarked: (mark) => emulator.jobs().filter(({ input }) => Object(input).mark === mark),
    async stop() {
      for (const start of await Promise.allSettled(started)) {
        if (start.status === 'rejected') continue;
        start.value.signal('SIGKILL');
        await start.value.ended;
      }
      await harness.stop();
    },
  };
}

/**
 * Until as many jobs of a run are awaited, each read at least once, and nothing else of the run is under way. The worker
 * then says nothing to the server for the time between two heartbeats.
 */
export async function untilAwaited(run: Run<unknown>, jobs = 1): Promise<void> {
  await until(`${jobs} jobs are awaited`, async () => {
    const { pendingActivities } = await run.status();
    return (
      pendingActivities.length === jobs &&
      pendingActivities.every(({ type, state, heartbeat }) => type === 'awaitJob' && state === 'running' && heartbeat)
    );
  });
}
