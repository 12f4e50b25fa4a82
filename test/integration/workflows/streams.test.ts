import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, NoArtifactStore, RunCancelled, type StreamItem } from '../../../client/index.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';
import {
  all,
  begun,
  type Count,
  ENDPOINTS,
  firstOf,
  gates,
  markers,
  numbers,
  outputs,
  withDialects,
} from '../streams.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    configure: withDialects,
    endpoints: {
      ...ENDPOINTS,
      value: { handler: (input) => ({ got: input }) },
    },
  });
});
afterAll(() => harness.stop());

const start = (endpoint: string, input: Count, options: object = {}) =>
  harness.relay.start('job', { endpoint: `local/${endpoint}`, input: { ...input }, stream: 'events', ...options });

describe('stream: collect', () => {
  it('makes the chunks the output, where the status ends with an empty one', async () => {
    const run = await start('plain', { to: 5 }, { stream: 'collect' });
    expect(await run.result()).toMatchObject({ output: numbers(5), stream: { chunks: 5, complete: true } });
  });

  it('takes the list that a worker keeps itself, where it keeps one', async () => {
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'kept', operation: 'stream', times: 1 }]);
    const run = await start('kept', { to: 5 }, { stream: 'collect' });
    expect(await run.result()).toMatchObject({ output: numbers(5), stream: { complete: true } });
    harness.emulator.clearFaults();
  });

  it('leaves the value of a handler that is no generator as it is', async () => {
    const run = await start('value', { to: 5 }, { stream: 'collect' });
    expect(await run.result()).toMatchObject({ output: { got: { to: 5 } }, stream: { chunks: 0 } });
  });

  it('makes an empty list of a generator that yields nothing', async () => {
    const run = await start('plain', { to: 0 }, { stream: 'collect' });
    expect((await run.result()).output).toEqual([]);
  });

  it('has no stream for readers', async () => {
    const run = await start('plain', { to: 2 }, { stream: 'collect' });
    await expect(all(run.stream())).rejects.toThrow(/no job "job" ran with "stream: events"/);
  });
});

// Each waits for a run of its own; of faults there are those of one test.
describe.concurrent('stream: events', () => {
  it('says where the platform began the job anew, and makes the output of that run alone', async () => {
    const run = await start('apart', { to: 4, hold: 2, mark: 'moved' });
    await firstOf(run.stream(), 2);
    // After a read that found nothing, as in the half minute in which a platform notices.
    harness.emulator.setFaults([{ kind: 'lose-worker', endpoint: 'apart', operation: 'stream', skip: 1, times: 1 }]);
    await until('another worker runs it', () => begun.includes('moved 2'));
    gates.open('moved');
    const { output, stream } = await run.result();
    expect(output).toEqual(numbers(4, 2));
    expect(stream).toMatchObject({ complete: true });
    const seen = await all(run.stream());
    expect(markers(seen)).toEqual([{ kind: 'restart', offset: 2 }]);
  });

  it('gives each chunk with its offset while the job runs, in few events of history', async () => {
    const run = await start('plain', { to: 4, hold: 2, mark: 'live' });
    const seen: StreamItem[] = [];
    for await (const item of run.stream()) {
      seen.push(item);
      if (seen.length === 2) gates.open('live');
    }
    expect(outputs(seen)).toEqual(numbers(4));
    expect(seen.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
    const { events } = await harness.temporal.workflow.getHandle(run.workflowId).fetchHistory();
    // Of the submit and of the stream, however often it was read: scheduled, started, completed.
    expect(events?.filter((event) => Object.keys(event).some((key) => key.startsWith('activityTask')))).toHaveLength(6);
    expect((await run.result()).output).toEqual(numbers(4));
  });

  it('gives the same to any number of readers, and after the end', async () => {
    const run = await start('plain', { to: 30, hold: 20, mark: 'many' });
    const readers = Array.from({ length: 5 }, () => all(run.stream()));
    await until('the first chunks are read', async () => outputs(await firstOf(run.stream(), 20)).length === 20);
    gates.open('many');
    for (const seen of await Promise.all(readers)) expect(outputs(seen)).toEqual(numbers(30));
    expect(outputs(await all(run.stream()))).toEqual(numbers(30));
  });

  it('goes on for a reader that comes back, without a gap and without a repeat', async () => {
    const run = await start('plain', { to: 12, hold: 6, mark: 'back' });
    const seen: StreamItem[] = [];
    while (seen.length < 12) {
      if (seen.length >= 5) gates.open('back');
      seen.push(...(await firstOf(run.stream('job', { from: seen.length }), 5)));
    }
    expect(outputs(seen)).toEqual(numbers(12));
    expect(seen.map(({ offset }) => offset)).toEqual(numbers(12).map(({ n }) => n));
  });

  it('keeps what a job yielded before it failed', async () => {
    const failure = await failureOfRun(harness.relay, 'job', {
      endpoint: 'local/plain',
      input: { to: 3, failures: 9 },
      stream: 'events',
    });
    expect(failure.type).toBe('JobFailed');
    const run = await harness.relay.run(failure.workflowId);
    expect(outputs(await all(run.stream()))).toEqual(numbers(3));
  });

  it('says where another job begins, and makes the output of that one alone', async () => {
    const run = await start('flaky', { to: 3, mark: 'twice' }, { retry: { handler: 1 } });
    expect((await run.result()).output).toEqual(numbers(3));
    const seen = await all(run.stream());
    expect(markers(seen)).toEqual([{ kind: 'restart', offset: 3 }]);
    expect(outputs(seen)).toEqual([...numbers(3), ...numbers(3)]);
  });

  it('ends the reading with a run that is cancelled', async () => {
    const run = await start('plain', { to: 3, hold: 1, mark: 'never' });
    const reading = all(run.stream());
    await firstOf(run.stream(), 1);
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
    expect(outputs(await reading)).toEqual(numbers(1));
    expect(outputs(await all(run.stream()))).toEqual(numbers(1));
  });

  it('needs a client with the store', async () => {
    const run = await start('plain', { to: 1 });
    const { options } = harness.temporal.connection as never as { options: { address: string } };
    const bare = await createClient({ address: options.address, taskQueue: harness.taskQueue });
    try {
      const blind = await bare.run(run.workflowId);
      await expect(all(blind.stream())).rejects.toBeInstanceOf(NoArtifactStore);
    } finally {
      await bare.close();
    }
  });

  it('takes 10,000 small chunks in seconds, and keeps its heartbeats small', async () => {
    const run = await start('plain', { to: 10_000, hold: 9_000, mark: 'long' });
    await firstOf(run.stream('job', { from: 8_999 }), 1);
    const { pendingActivities } = await run.status();
    expect(JSON.stringify(pendingActivities[0]?.heartbeat).length).toBeLessThan(8_192);
    gates.open('long');
    const seen = await all(run.stream());
    expect(outputs(seen)).toEqual(numbers(10_000));
  });
});

describe.concurrent('an alias', () => {
  it('makes its output of the list of the chunks, and may say that they are to be read', async () => {
    const run = await harness.relay.start('job', { endpoint: 'sum', input: { to: 4 } });
    expect((await run.result()).output).toBe(6);
  });

  it('whose mapping fails says where the chunks are', async () => {
    const { type, message } = await failureOfRun(harness.relay, 'job', { endpoint: 'odd', input: { to: 2 } });
    expect(type).toBe('OutputRejected');
    const [, sha256 = ''] = /its chunks are the artifact (\w+)$/.exec(message) ?? [];
    const bytes = await harness.relay.artifact({ sha256 } as never);
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(numbers(2));
  });
});

describe.concurrent.each([
  ['SubModel, whose streams are bare lists', 'sub/plain'],
  ['a gateway', 'studio/chat/plain'],
])('%s', (_, endpoint) => {
  it('has its stream read to the end that the status tells', async () => {
    const mark = `live at ${endpoint}`;
    const run = await harness.relay.start('job', { endpoint, input: { to: 6, hold: 3, mark }, stream: 'events' });
    const first = await firstOf(run.stream(), 3);
    expect(outputs(first)).toEqual(numbers(3));
    gates.open(mark);
    expect(await run.result()).toMatchObject({ output: numbers(6), stream: { chunks: 6, complete: true } });
    expect(outputs(await all(run.stream()))).toEqual(numbers(6));
  });
});

describe.concurrent('a pipeline', () => {
  it('hands the chunks of a step to the next, and gives the stream of each item', async () => {
    const run = await harness.relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          write: {
            forEach: [2, 3],
            endpoint: 'local/plain',
            input: { to: '{% $item %}' },
            stream: 'events',
          },
          sum: { set: '{% $map([$steps.write.output], $count) %}' },
        },
        output: '{% $steps.write.output %}',
      },
    });
    expect((await run.result()).output).toEqual([numbers(2), numbers(3)]);
    expect(outputs(await all(run.stream('write', { index: 1 })))).toEqual(numbers(3));
    await expect(all(run.stream('write'))).rejects.toThrow(/index: is missing|index is missing/);
    await expect(all(run.stream('sum'))).rejects.toThrow(/no job "sum"/);
  });
});
