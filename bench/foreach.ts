import { randomUUID } from 'node:crypto';
import { BASELINE_QUEUE } from './baseline/worker.js';
import type { Bench, Report } from './bench.js';
import { summarise } from './statistics.js';

const ITEMS = 10_000;
const CONCURRENCY = 200;
/** The baseline's rate does not depend on how many there are: a fifth is enough to know it. */
const BASELINE_ITEMS = 2_000;
const SAMPLE_EVERY_MS = 1_000;

/**
 * A `forEach` of 10,000 items on an endpoint that answers at once, against one hand-written workflow for each item, both
 * with as many under way at once, in the same process. Memory is that of the whole process: worker, emulator and client.
 */
export async function foreach({ stack, relay, temporal, note }: Bench): Promise<Report> {
  const url = `${stack.emulator}/v2/echo`;

  note(`${BASELINE_ITEMS} workflows`);
  const baseline = await rateOf(BASELINE_ITEMS, async () => {
    let next = 0;
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        for (; next < BASELINE_ITEMS; ) {
          const input = { n: next++ };
          const options = { taskQueue: BASELINE_QUEUE, workflowId: randomUUID(), args: [{ url, input }] };
          await temporal.workflow.execute('submitAndAwait', options);
        }
      }),
    );
  });

  note(`a forEach of ${ITEMS}`);
  const memory: number[] = [];
  const sampling = setInterval(() => memory.push(process.memoryUsage().rss / 2 ** 20), SAMPLE_EVERY_MS);
  const run = await relay.start('pipeline', {
    definition: {
      version: 1,
      steps: {
        each: {
          forEach: `{% [1..${ITEMS}] %}`,
          concurrency: CONCURRENCY,
          endpoint: 'local/echo',
          input: { n: '{% $item %}' },
        },
      },
      output: '{% $count($steps.each.output) %}',
    },
  });
  const ours = await rateOf(ITEMS, async () => {
    const { output } = await run.result();
    if (output !== ITEMS) throw new Error(`expected ${ITEMS} outputs, got ${JSON.stringify(output)}`);
  });
  clearInterval(sampling);
  const { historyEvents } = await run.status();

  const [early, late] = [memory.slice(0, memory.length / 2), memory.slice(memory.length / 2)];
  return {
    rows: [
      { name: 'forEach', unit: 'items/s', ...summarise([ours]) },
      { name: 'one workflow per item', unit: 'items/s', ...summarise([baseline]) },
      { name: 'resident memory, first half', unit: 'MiB', ...summarise(early, 0) },
      { name: 'resident memory, second half', unit: 'MiB', ...summarise(late, 0) },
    ],
    bounds: [
      { what: 'rate of the forEach / rate of one workflow per item', measured: ours / baseline, atLeast: 1.5 },
      {
        what: 'memory at the end / in the middle',
        measured: mean(late.slice(-5)) / mean(early.slice(-5)),
        atMost: 1.15,
      },
      { what: 'events in the history of the pipeline', measured: historyEvents, atMost: 4_096 },
    ],
  };
}

async function rateOf(items: number, body: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await body();
  return items / ((performance.now() - start) / 1_000);
}

function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}
