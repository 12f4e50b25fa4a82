import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import type { JobResult, Run, StreamItem } from '../../client/index.js';
import { until } from '../integration/harness.js';
import { type Fleet, startFleet } from './fleet.js';
import { createGates, type Gates } from './gates.js';
import type { WorkerProcess } from './worker-process.js';

/** A worker's death is noticed by the heartbeat timeout of the activity that it ran. */
const RECOVERY_MS = 300_000;

/** A fleet of the test's own: no worker of another test reads its stream, and no fault is met by another's requests. */
interface StreamFleet extends Fleet {
  readonly gates: Gates;
  /** Begins a stream of so many numbers, which pauses after ten until the gate of its mark is open. Of no number: it goes on until told. */
  count(mark: string, to?: number): Promise<Run<JobResult>>;
  /** Ends a stream that goes on. */
  endStream(mark: string): void;
}

async function startStreamFleet({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<StreamFleet> {
  const gates = createGates();
  const told = new Set<string>();
  const fleet = await startFleet({
    endpoints: {
      count: {
        aggregateStream: false,
        workers: 10,
        async *handler(input) {
          const { to, mark } = input as { to?: number; mark: string };
          for (let n = 0; to === undefined ? !told.has(mark) : n < to; n++) {
            if (n === 10) await gates.passed(mark);
            // A few with each read, which keeps the reader at it.
            if (n > 10) await delay(20);
            yield n;
          }
        },
      },
    },
  });
  onTestFinished(() => fleet.stop());
  return {
    ...fleet,
    gates,
    endStream: (mark) => void told.add(mark),
    count(mark, to) {
      const input = { mark, ...(to !== undefined && { to }) };
      return fleet.relay.start('job', { endpoint: 'local/count', input, stream: 'events' });
    },
  };
}

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
async function recorded(run: Run<JobResult>): Promise<{ readonly reading?: true; readonly chunks: number }> {
  const { pendingActivities } = await run.status();
  const { account, reading } = Object(pendingActivities[0]?.heartbeat);
  return { chunks: account?.chunks ?? 0, ...(reading === true && { reading }) };
}

/** What a worker said before it was frozen may still be on its way to the server: it has come when the server was asked so often. */
const LOOKS = 5;

/** Freezes a worker at a moment at which it does not ask the provider, having read at least so many chunks. */
async function freezeBetweenReads(worker: WorkerProcess, run: Run<JobResult>, chunks: number): Promise<void> {
  await until('the worker is frozen between two reads', async () => {
    const before = await recorded(run);
    if (before.reading || before.chunks < chunks) return false;
    worker.signal('SIGSTOP');
    let reading: boolean | undefined = false;
    for (let looks = 0; looks < LOOKS && !reading; looks++) ({ reading } = await recorded(run));
    if (!reading) return true;
    worker.signal('SIGCONT');
    return false;
  });
}

/** Until a read is under way that gets no answer while the test lasts: the reader has said before that it asks. */
async function untilAsking({ emulator }: Fleet): Promise<void> {
  const { url, setFaults } = emulator;
  setFaults([{ kind: 'delay-answer', operation: 'stream', times: 1, delayMs: RECOVERY_MS }]);
  await until('the reader asks', async () => {
    const answer = await fetch(`${url}/_emulator/faults`);
    return Object(await answer.json()).faults[0].hits === 1;
  });
}

describe.concurrent('a stream whose reader is killed', () => {
  it('between two reads has neither a gap nor a repeat, for a reader that stays and for one that comes back', {
    timeout: RECOVERY_MS,
  }, async (context) => {
    const fleet = await startStreamFleet(context);
    const first = await fleet.startWorker();
    // Were it to end by itself, it could be over before the worker is frozen.
    const run = await fleet.count('killed');
    const stays = readUntil(run.stream(), Number.POSITIVE_INFINITY);
    fleet.gates.open('killed');
    const seen = await readUntil(run.stream(), 20);
    await freezeBetweenReads(first, run, 20);
    first.signal('SIGKILL');
    await first.ended;

    await fleet.startWorker();
    fleet.endStream('killed');
    for await (const item of run.stream('job', { from: seen.length })) seen.push(item);
    const { output, stream } = await run.result();
    const chunks = stream?.chunks ?? 0;
    expect(chunks).toBeGreaterThan(20);
    expect(stream).toMatchObject({ complete: true });
    expect(output).toEqual(numbers(chunks));
    expect(outputs(seen)).toEqual(numbers(chunks));
    expect(seen.map(({ offset }) => offset)).toEqual(numbers(chunks));
    expect(outputs(await stays)).toEqual(numbers(chunks));
    expect(fleet.jobsMarked('killed')).toHaveLength(1);
  });

  it('while it asks is told of as such, and repeats nothing', { timeout: RECOVERY_MS }, async (context) => {
    const fleet = await startStreamFleet(context);
    const first = await fleet.startWorker();
    const run = await fleet.count('asking', 20);
    await readUntil(run.stream(), 10);
    await untilAsking(fleet);
    first.signal('SIGKILL');
    await first.ended;
    fleet.gates.open('asking');
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

describe.concurrent('a stream whose worker is shut down', () => {
  it('goes on with the next one and misses nothing, since the read that is under way is waited for', {
    timeout: RECOVERY_MS,
  }, async (context) => {
    const fleet = await startStreamFleet(context);
    const first = await fleet.startWorker();
    const run = await fleet.count('deployed', 20);
    await readUntil(run.stream(), 10);
    first.signal('SIGTERM');
    fleet.gates.open('deployed');
    await first.ended;
    await fleet.startWorker();
    expect(await run.result()).toMatchObject({ output: numbers(20), stream: { chunks: 20, complete: true } });
  });
});
