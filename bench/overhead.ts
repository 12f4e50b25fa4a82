import { randomUUID } from 'node:crypto';
import { BASELINE_QUEUE } from './baseline/worker.js';
import type { Bench, Report } from './bench.js';
import { quantile, summarise } from './statistics.js';

const ROUNDS = 60;
const WARM_UP = 10;
/** The common loop takes over a second each; its spread is small. */
const LOOP_EVERY = 4;

/**
 * One run at a time, in turns, on an endpoint that answers at once: a `job`, a workflow of two activities that do
 * nothing, and now and then the common loop. Ratios are taken turn by turn, so that a machine that drifts does not matter.
 */
export async function overhead({ stack, relay, temporal, note }: Bench): Promise<Report> {
  const url = `${stack.emulator}/v2/echo`;
  const input = { prompt: 'a red boat' };
  const baseline = (type: string, args: unknown[]) =>
    temporal.workflow.execute(type, { taskQueue: BASELINE_QUEUE, workflowId: randomUUID(), args });
  const runJob = async () => (await relay.start('job', { endpoint: 'local/echo', input })).result();

  const jobs: number[] = [];
  const floors: number[] = [];
  const loops: number[] = [];
  const statusFirst: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const job = await time(runJob);
    const floor = await time(() => baseline('twoNoops', []));
    if (round < 0) continue;
    jobs.push(job);
    floors.push(floor);
    if (round % LOOP_EVERY === 0) {
      statusFirst.push(await time(() => baseline('statusFirstLoop', [{ url, input }])));
      loops.push(await time(() => baseline('commonLoop', [{ url, input }])));
    }
    if (round % 20 === 0) note(`round ${round} of ${ROUNDS}`);
  }

  const ratios = jobs.map((job, round) => job / (floors[round] ?? Number.NaN));
  return {
    rows: [
      { name: 'job (submit, await)', unit: 'ms', ...summarise(jobs) },
      { name: 'two no-op activities', unit: 'ms', ...summarise(floors) },
      { name: 'common loop (1 s timer, status)', unit: 'ms', ...summarise(loops) },
      { name: 'the same, status before timer', unit: 'ms', ...summarise(statusFirst) },
      { name: 'job / two no-ops, by round', unit: 'x', ...summarise(ratios, 2) },
    ],
    bounds: [
      {
        what: 'p50 of a job / p50 of two no-op activities',
        measured: quantile(jobs, 0.5) / quantile(floors, 0.5),
        atMost: 1.6,
      },
      {
        what: 'p50 of the common loop / p50 of a job',
        measured: quantile(loops, 0.5) / quantile(jobs, 0.5),
        atLeast: 10,
      },
    ],
  };
}

export async function time(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}
