import { setTimeout as delay } from 'node:timers/promises';
import { RunCancelled } from '../client/index.js';
import type { Bench, Report } from './bench.js';
import { quantile, summarise } from './statistics.js';

const ROUNDS = 40;
const WARM_UP = 3;

/** One job at a time, running at the provider and awaited: from `cancel` to the run closed, with the job seen CANCELLED. */
export async function cancel({ stack, relay, note }: Bench): Promise<Report> {
  const times: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const run = await relay.start('job', { endpoint: 'local/crowd', input: { ms: 60_000, round } });
    await until(async () => {
      const { pendingActivities } = await run.status();
      return (
        pendingActivities.some(({ type }) => type === 'awaitJob') &&
        (await statusOf(stack.emulator, round)) === 'IN_PROGRESS'
      );
    });
    const start = performance.now();
    await run.cancel();
    await run.result().then(
      () => Promise.reject(new Error('the run completed in spite of its cancel')),
      (error: unknown) => {
        if (!(error instanceof RunCancelled)) throw error;
      },
    );
    const took = performance.now() - start;
    const remote = await statusOf(stack.emulator, round);
    if (remote !== 'CANCELLED') throw new Error(`the run is closed and its job is ${remote}`);
    if (round >= 0) times.push(took);
    if (round % 10 === 0) note(`round ${round} of ${ROUNDS}`);
  }
  return {
    rows: [{ name: 'cancel to run closed, job CANCELLED', unit: 'ms', ...summarise(times) }],
    bounds: [{ what: 'p95 (ms)', measured: quantile(times, 0.95), atMost: 500 }],
  };
}

async function statusOf(emulator: string, round: number): Promise<string | undefined> {
  const ledger = (await (await fetch(`${emulator}/_emulator/jobs?endpoint=crowd`)).json()) as {
    status: string;
    input: { round?: number };
  }[];
  return ledger.find(({ input }) => input.round === round)?.status;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 1_000) throw new Error('the job was not taken in time');
    await delay(10);
  }
}
