import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type JobRelayClient } from '../client/index.js';
import { BASELINE_QUEUE } from './baseline/worker.js';
import type { Bench, Report } from './bench.js';
import { quantile, summarise } from './statistics.js';
import { startWorkerProcess } from './worker-process.js';

const ITEMS = 10_000;
const CONCURRENCY = 200;
/** The baseline's rate does not depend on how many there are: so many before the forEach, and as many after it. */
const BASELINE_ITEMS = 1_500;
const SAMPLE_EVERY_MS = 2_000;

/**
 * A `forEach` of 10,000 items on an endpoint that answers at once, between two runs of one hand-written workflow for each
 * item, with as many under way at once, in the same process: a machine that drifts is met by both. Then the same `forEach` once
 * more by a worker in a process of its own, since the emulator keeps every job it ever had: the memory is that of this worker
 * alone, collected before each sample, in its threads too, since garbage that waits for its collection is no growth.
 */
export async function foreach({ stack, relay, temporal, note }: Bench): Promise<Report> {
  const url = `${stack.emulator}/v2/echo`;
  const oneWorkflowEach = async () => {
    let next = 0;
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        while (next < BASELINE_ITEMS) {
          const input = { n: next++ };
          const options = { taskQueue: BASELINE_QUEUE, workflowId: randomUUID(), args: [{ url, input }] };
          await temporal.workflow.execute('submitAndAwait', options);
        }
      }),
    );
  };

  note(`${BASELINE_ITEMS} workflows`);
  const before = await rateOf(BASELINE_ITEMS, oneWorkflowEach);
  note(`a forEach of ${ITEMS}`);
  let historyEvents = 0;
  const ours = await rateOf(ITEMS, async () => {
    historyEvents = await runForEach(relay);
  });
  note(`${BASELINE_ITEMS} workflows`);
  const after = await rateOf(BASELINE_ITEMS, oneWorkflowEach);

  note(`a forEach of ${ITEMS} by a worker in a process of its own`);
  const memory = await memoryOfWorker(stack);
  const third = Math.floor(memory.length / 3);
  const [middle, end] = [memory.slice(third, 2 * third), memory.slice(-third)];

  const ratios = [ours / before, ours / after];
  return {
    rows: [
      { name: 'forEach', unit: 'items/s', ...summarise([ours]) },
      { name: 'one workflow per item, before and after', unit: 'items/s', ...summarise([before, after]) },
      { name: 'resident memory of a worker, first third', unit: 'MiB', ...summarise(memory.slice(0, third), 0) },
      { name: 'resident memory of a worker, second third', unit: 'MiB', ...summarise(middle, 0) },
      { name: 'resident memory of a worker, last third', unit: 'MiB', ...summarise(end, 0) },
    ],
    bounds: [
      {
        what: 'rate of the forEach / rate of one workflow per item, the better of before and after',
        measured: Math.min(...ratios),
        atLeast: 1.5,
      },
      {
        what: 'memory of a worker, p50 of the last third / of the second',
        measured: quantile(end, 0.5) / quantile(middle, 0.5),
        atMost: 1.1,
      },
      { what: 'events in the history of the pipeline', measured: historyEvents, atMost: 4_096 },
    ],
  };
}

/** Events in its history. */
async function runForEach(relay: JobRelayClient): Promise<number> {
  const each = {
    forEach: `{% [1..${ITEMS}] %}`,
    concurrency: CONCURRENCY,
    endpoint: 'local/echo',
    input: { n: '{% $item %}' },
  };
  const definition = { version: 1, steps: { each }, output: '{% $count($steps.each.output) %}' };
  const run = await relay.start('pipeline', { definition });
  const { output } = await run.result();
  if (output !== ITEMS) throw new Error(`expected ${ITEMS} outputs, got ${JSON.stringify(output)}`);
  return (await run.status()).historyEvents;
}

/** Samples of its resident memory while it works, MiB. */
async function memoryOfWorker({ temporal, emulator }: Bench['stack']): Promise<readonly number[]> {
  const taskQueue = 'jobrelay-alone';
  const stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-bench-'));
  const worker = await startWorkerProcess({ temporal, emulator, stateDir, taskQueue });
  const relay = await createClient({ address: temporal, namespace: 'default', taskQueue });
  try {
    const samples: number[] = [];
    let over = false;
    const work = runForEach(relay).finally(() => {
      over = true;
    });
    work.catch(() => undefined);
    while (!over) {
      samples.push((await worker.rss()) / 2 ** 20);
      await delay(SAMPLE_EVERY_MS);
    }
    await work;
    return samples;
  } finally {
    await relay.close();
    await worker.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function rateOf(items: number, body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return items / ((performance.now() - start) / 1_000);
}
