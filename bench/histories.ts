import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Bench, Report } from './bench.js';
import { summarise } from './statistics.js';

const ITEMS = 10_000;
const CONCURRENCY = 200;
/** Characters of an item, which stand in the history of its slice. */
const ITEM_LENGTH = 2_000;
/** As many as the worker puts into one. */
const SLICE_ITEMS = 100;
const KIB = 1_024;
const LISTED_EVERY_MS = 250;
const LISTINGS = 120;

/** How large the histories of a `forEach` of 10,000 items are: that of the pipeline, and those of its slices. */
export async function histories({ relay, temporal, note }: Bench): Promise<Report> {
  note(`a forEach of ${ITEMS} items of ${ITEM_LENGTH} characters`);
  const each = {
    forEach: `{% [1..${ITEMS}] %}`,
    concurrency: CONCURRENCY,
    endpoint: 'local/echo',
    input: { n: '{% $item %}', text: 'x'.repeat(ITEM_LENGTH) },
  };
  const definition = { version: 1, steps: { each }, output: '{% $count($steps.each.output) %}' };
  const start = performance.now();
  const run = await relay.start('pipeline', { definition });
  const { output } = await run.result();
  const seconds = (performance.now() - start) / 1_000;
  if (output !== ITEMS) throw new Error(`expected ${ITEMS} outputs, got ${JSON.stringify(output)}`);

  const slices = await slicesOf(temporal, run.workflowId);
  const all = [...slices, await temporal.workflow.getHandle(run.workflowId).describe()];
  const events = all.map(({ historyLength }) => historyLength);
  const kib = all.map(({ historySize = 0 }) => historySize / KIB);
  return {
    rows: [
      { name: 'events of a slice', unit: 'events', ...summarise(events.slice(0, -1), 0) },
      { name: 'size of a slice', unit: 'KiB', ...summarise(kib.slice(0, -1), 0) },
      { name: 'events of the pipeline', unit: 'events', ...summarise(events.slice(-1), 0) },
      { name: 'size of the pipeline', unit: 'KiB', ...summarise(kib.slice(-1), 0) },
      { name: 'the whole run', unit: 's', ...summarise([seconds], 0) },
    ],
    bounds: [
      { what: 'events of the longest history', measured: Math.max(...events), atMost: 4_096 },
      { what: 'KiB of the largest history', measured: Math.max(...kib), atMost: 4 * KIB },
    ],
  };
}

/** They are listed a moment after they have ended. */
async function slicesOf(temporal: Client, workflowId: string): Promise<readonly WorkflowExecutionInfo[]> {
  const query = `WorkflowType = "slice" AND ExecutionStatus = "Completed" AND WorkflowId STARTS_WITH "${workflowId}/"`;
  for (let tries = 0; tries < LISTINGS; tries++) {
    const found: WorkflowExecutionInfo[] = [];
    for await (const slice of temporal.workflow.list({ query })) found.push(slice);
    if (found.length * SLICE_ITEMS >= ITEMS) return found;
    await delay(LISTED_EVERY_MS);
  }
  throw new Error(`the ${ITEMS / SLICE_ITEMS} slices of ${workflowId} are not listed as completed`);
}
