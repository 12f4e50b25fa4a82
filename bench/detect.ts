import { randomUUID } from 'node:crypto';
import { BASELINE_QUEUE } from './baseline/worker.js';
import type { Bench, Report } from './bench.js';
import { quantile, summarise } from './statistics.js';

const JOBS = 200;

/** Job number n sleeps so long: 5 to 10 s, evenly. */
const sleepMs = (n: number) => 5_000 + Math.round((n * 5_000) / JOBS);

/**
 * 200 jobs of 5 to 10 s at once, each a run of its own: the time from a job's end, by the emulator's ledger, to the
 * result in the caller's hands. First with JobRelay, then with the common loop, in the same process.
 */
export async function detect({ stack, relay, temporal, note }: Bench): Promise<Report> {
  const url = `${stack.emulator}/v2/crowd`;

  note(`${JOBS} jobs with JobRelay`);
  const ours = await lags(stack.emulator, async (input) => {
    const run = await relay.start('job', { endpoint: 'local/crowd', input });
    await run.result();
  });
  note(`${JOBS} jobs with the common loop`);
  const theirs = await lags(stack.emulator, (input) =>
    temporal.workflow.execute('commonLoop', {
      taskQueue: BASELINE_QUEUE,
      workflowId: randomUUID(),
      args: [{ url, input }],
    }),
  );

  return {
    rows: [
      { name: 'job: remote end to result', unit: 'ms', ...summarise(ours, 0) },
      { name: 'common loop: remote end to result', unit: 'ms', ...summarise(theirs, 0) },
    ],
    bounds: [
      { what: 'p95 of a job (ms)', measured: quantile(ours, 0.95), atMost: 1_500 },
      {
        what: 'p95 of a job / p95 of the common loop',
        measured: quantile(ours, 0.95) / quantile(theirs, 0.95),
        atMost: 0.5,
      },
    ],
  };
}

async function lags(
  emulator: string,
  run: (input: { ms: number; mark: string }) => Promise<unknown>,
): Promise<number[]> {
  const seen = new Map<string, number>();
  await Promise.all(
    Array.from({ length: JOBS }, async (_, n) => {
      const mark = randomUUID();
      await run({ ms: sleepMs(n), mark });
      seen.set(mark, Date.now());
    }),
  );
  const ledger = (await (await fetch(`${emulator}/_emulator/jobs?endpoint=crowd`)).json()) as LedgerEntry[];
  return ledger.flatMap(({ input, endedAt }) => {
    const at = seen.get(input.mark);
    return at === undefined || endedAt === null ? [] : [at - Date.parse(endedAt)];
  });
}

interface LedgerEntry {
  readonly endedAt: string | null;
  readonly input: { readonly mark: string };
}
