import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamItem } from '../../client/index.js';
import { until } from '../integration/harness.js';
import { type Fleet, startFleet } from './fleet.js';
import { createGates, type Gates } from './gates.js';
import type { WorkerProcess } from './worker-process.js';

/** A worker's death is noticed by the heartbeat timeout of the activity that it ran. */
const RECOVERY_MS = 120_000;

let fleet: Fleet;
let gates: Gates;
beforeAll(async () => {
  gates = createGates();
  fleet = await startFleet({
    endpoints: {
      count: {
        aggregateStream: false,
        workers: 10,
        async *handler(input) {
          const { to, mark } = input as { to: number; mark: string };
          for (let n = 0; n < to; n++) {
            if (n === 10) await gates.passed(mark);
            // A few with each read, which keeps the reader at it.
            if (n > 10) await delay(20);
            yield n;
          }
        },
      },
    },
  });
});
afterAll(() => fleet.stop());

const start = (mark: string, to: number) =>
  fleet.relay.start('job', { endpoint: 'local/count', input: { to, mark }, stream: 'events' });
const outputs = (items: readonly StreamItem[]) => items.flatMap((item) => (item.kind === 'chunk' ? [item.output] : []));
const numbers = (to: number) => Array.from({ length: to }, (_, n) => n);

/** What is read until so many chunks are there. */
async function readUntil(items: AsyncIterable<StreamItem>, chunks: number): Promise<StreamItem[]> {
  const seen: StreamItem[] = [];
  for await (const item of items) {
    seen.push(item);
    if (outputs(seen).length === chunks) break;
  }
  return seen;
}

/** What the reader has on record: whether it asks, and how many chunks it has. */
async function recorded(workflowId: string): Promise<{ readonly reading?: true; readonly chunks: number }> {
  const { pendingActivities } = await (await fleet.relay.run(workflowId)).status();
  const { account, reading } = Object(pendingActivities[0]?.heartbeat);
  return { chunks: account?.chunks ?? 0, ...(reading === true && { reading }) };
}

/** Freezes a worker at a moment at which it does not ask the provider, having read at least so many chunks. */
async function freezeBetweenReads(worker: WorkerProcess, workflowId: string, chunks: number): Promise<void> {
  await until('the worker is frozen between two reads', async () => {
    const before = await recorded(workflowId);
    if (before.reading || before.chunks < chunks) return false;
    worker.signal('SIGSTOP');
    if (!(await recorded(workflowId)).reading) return true;
    worker.signal('SIGCONT');
    return false;
  });
}

/** Until a read is under way that gets no answer while the test lasts: the reader has said before that it asks. */
async function untilAsking(): Promise<void> {
  const { url, setFaults } = fleet.emulator;
  setFaults([{ kind: 'delay-answer', operation: 'stream', times: 1, delayMs: RECOVERY_MS }]);
  await until('the reader asks', async () => {
    const answer = await fetch(`${url}/_emulator/faults`);
    return Object(await answer.json()).faults[0].hits === 1;
  });
}

describe('a stream whose reader is killed', () => {
  it('between two reads has neither a gap nor a repeat, for a reader that stays and for one that comes back', {
    timeout: RECOVERY_MS,
  }, async () => {
    const first = await fleet.startWorker();
    const run = await start('killed', 200);
    const stays = readUntil(run.stream(), 200);
    gates.open('killed');
    const seen = await readUntil(run.stream(), 20);
    await freezeBetweenReads(first, run.workflowId, 20);
    first.signal('SIGKILL');
    await first.ended;

    await fleet.startWorker();
    for await (const item of run.stream('job', { from: seen.length })) seen.push(item);
    expect(outputs(seen)).toEqual(numbers(200));
    expect(seen.map(({ offset }) => offset)).toEqual(numbers(200));
    expect(outputs(await stays)).toEqual(numbers(200));
    expect(await run.result()).toMatchObject({ output: numbers(200), stream: { chunks: 200, complete: true } });
    expect(fleet.jobsMarked('killed')).toHaveLength(1);
  });

  it('while it asks is told of as such, and repeats nothing', { timeout: RECOVERY_MS }, async () => {
    const first = await fleet.startWorker();
    const run = await start('asking', 20);
    await readUntil(run.stream(), 10);
    await untilAsking();
    first.signal('SIGKILL');
    await first.ended;
    gates.open('asking');
    await fleet.startWorker();
    const { output, stream } = await run.result();
    const items: StreamItem[] = [];
    for await (const item of run.stream()) items.push(item);
    expect(outputs(items)).toEqual(output);
    expect(stream?.complete).toBe(false);
    expect(items.filter(({ kind }) => kind !== 'chunk')).toEqual([{ kind: 'lost', offset: 10 }]);
    expect([...(output as number[])].sort((a, b) => a - b)).toEqual(output);
  });
});

describe('a stream whose worker is shut down', () => {
  it('goes on with the next one and misses nothing, since the read that is under way is waited for', {
    timeout: RECOVERY_MS,
  }, async () => {
    const first = await fleet.startWorker();
    const run = await start('deployed', 20);
    await readUntil(run.stream(), 10);
    first.signal('SIGTERM');
    gates.open('deployed');
    await first.ended;
    await fleet.startWorker();
    expect(await run.result()).toMatchObject({ output: numbers(20), stream: { chunks: 20, complete: true } });
  });
});
