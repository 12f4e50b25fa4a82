import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient, NoArtifactStore, RunCancelled, type StreamItem } from '../../../client/index.js';
import { configFromFile } from '../../../config/build.js';
import { type Config, parseYaml } from '../../../config/index.js';
import type { Fault } from '../../../emulator/index.js';
import { createGates, type Gates } from '../../chaos/gates.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
let gates: Gates;

interface Count {
  readonly to: number;
  /** Waits for the gate of its `mark` before this number. */
  readonly hold?: number;
  readonly mark?: string;
  /** Raises after the last, in runs of the handler up to this. */
  readonly failures?: number;
}

/** Runs of the handler. */
const begun: string[] = [];

async function* count(input: unknown, { attempt }: { readonly attempt: number }) {
  const { to, hold = -1, mark = '', failures = 0 } = input as Count;
  begun.push(`${mark} ${attempt}`);
  for (let n = 0; n < to; n++) {
    if (n === hold) await gates.passed(mark);
    yield { n, attempt };
  }
  if (attempt <= failures) throw new Error('no more');
}

/** Past its gate, one after the other: a read takes one or two. */
async function* countSlowly(input: unknown, context: { readonly attempt: number }) {
  for await (const chunk of count(input, context)) {
    if (chunk.n > ((input as Count).hold ?? 0)) await delay(400);
    yield chunk;
  }
}

const failed = new Set<string>();
/** Raises at the end of the first job of its `mark`. */
async function* countOnceInVain(input: unknown, context: { readonly attempt: number }) {
  yield* count(input, context);
  const { mark = '' } = input as Count;
  if (failed.has(mark)) return;
  failed.add(mark);
  throw new Error('not the first time');
}

beforeAll(async () => {
  gates = createGates();
  harness = await startHarness({
    configure: withDialects,
    endpoints: {
      plain: { handler: count, aggregateStream: false, workers: 50 },
      kept: { handler: count, aggregateStream: true, workers: 50 },
      value: { handler: (input) => ({ got: input }) },
      flaky: { handler: countOnceInVain, aggregateStream: false },
      slow: { handler: countSlowly, aggregateStream: false },
      nothing: { handler: count, aggregateStream: false },
    },
  });
});
afterAll(() => harness.stop());
beforeEach(() => harness.emulator.clearFaults());

/** The emulator in its other dialects too, and aliases that map what they get. */
function withDialects({ artifacts, providers }: Config): Config {
  const url = providers.local?.baseUrl.replace(/\/v2$/, '') ?? '';
  const file = `version: 1
providers:
  sub: { dialect: submodel, baseUrl: "${url}/v1/sl" }
  studio: { dialect: gateway, baseUrl: "${url}/v1/runpod" }
endpoints:
  sum: { use: { id: local/plain, output: "{% $sum($output.n) %}" }, stream: collect }
  odd: { use: { id: local/plain, output: "{% $number($string($output[0])) %}" }, stream: collect }
`;
  const parsed = parseYaml(file, 'jobrelay.yaml');
  return { ...configFromFile(parsed, '/project/jobrelay.yaml', { env: {}, emulatorUrl: url }), artifacts };
}

const start = (endpoint: string, input: Count, options: object = {}) =>
  harness.relay.start('job', { endpoint: `local/${endpoint}`, input: { ...input }, stream: 'events', ...options });
const numbers = (to: number, attempt = 1) => Array.from({ length: to }, (_, n) => ({ n, attempt }));

async function all(items: AsyncIterable<StreamItem>): Promise<StreamItem[]> {
  const read: StreamItem[] = [];
  for await (const item of items) read.push(item);
  return read;
}
const outputs = (items: readonly StreamItem[]) => items.flatMap((item) => (item.kind === 'chunk' ? [item.output] : []));
/** What is not a chunk, in its place. */
const markers = (items: readonly StreamItem[]) => items.filter(({ kind }) => kind !== 'chunk');

describe('stream: collect', () => {
  it('makes the chunks the output, where the status ends with an empty one', async () => {
    const run = await start('plain', { to: 5 }, { stream: 'collect' });
    expect(await run.result()).toMatchObject({ output: numbers(5), stream: { chunks: 5, complete: true } });
  });

  it('takes the list that a worker keeps itself, where it keeps one', async () => {
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'kept', operation: 'stream', times: 1 }]);
    const run = await start('kept', { to: 5 }, { stream: 'collect' });
    expect(await run.result()).toMatchObject({ output: numbers(5), stream: { complete: true } });
  });

  it('leaves the value of a handler that is no generator as it is', async () => {
    const run = await start('value', { to: 5 }, { stream: 'collect' });
    expect(await run.result()).toMatchObject({ output: { got: { to: 5 } }, stream: { chunks: 0 } });
  });

  it('makes an empty list of a generator that yields nothing', async () => {
    const run = await start('nothing', { to: 0 }, { stream: 'collect' });
    expect((await run.result()).output).toEqual([]);
  });

  it('has no stream for readers', async () => {
    const run = await start('plain', { to: 2 }, { stream: 'collect' });
    await expect(all(run.stream())).rejects.toThrow(/no job "job" ran with "stream: events"/);
  });
});

describe('stream: events', () => {
  it('gives each chunk with its offset while the job runs, in few events of history', async () => {
    const run = await start('plain', { to: 4, hold: 2, mark: 'live' });
    const seen: StreamItem[] = [];
    for await (const item of run.stream()) {
      seen.push(item);
      if (seen.length === 2) gates.open('live');
    }
    expect(outputs(seen)).toEqual(numbers(4));
    expect(seen.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
    expect((await run.status()).historyEvents).toBeLessThanOrEqual(20);
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

  it('says where the platform began the job anew, and makes the output of that run alone', async () => {
    const run = await start('plain', { to: 4, hold: 2, mark: 'moved' });
    await firstOf(run.stream(), 2);
    // After a read that found nothing, as in the half minute in which a platform notices.
    harness.emulator.setFaults([{ kind: 'lose-worker', endpoint: 'plain', operation: 'stream', skip: 1, times: 1 }]);
    await until('another worker runs it', () => begun.includes('moved 2'));
    gates.open('moved');
    const { output, stream } = await run.result();
    expect(output).toEqual(numbers(4, 2));
    expect(stream).toMatchObject({ complete: true });
    const seen = await all(run.stream());
    expect(markers(seen)).toEqual([{ kind: 'restart', offset: 2 }]);
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

describe('an answer that got lost on its way', () => {
  const FAULTS: readonly [string, Fault][] = [
    ['lost', { kind: 'lose-answer', operation: 'stream', times: 1 }],
    ['cut short', { kind: 'truncate-answer', operation: 'stream', times: 1, hangUp: true }],
    ['garbled', { kind: 'malform-answer', operation: 'stream', times: 1 }],
  ];

  it.each(FAULTS)('is told to the readers where it was %s, and in the result', async (name, fault) => {
    const mark = `lost-${name}`;
    const run = await start('plain', { to: 6, hold: 3, mark });
    await firstOf(run.stream(), 3);
    harness.emulator.setFaults([{ ...fault, endpoint: 'plain' }]);
    gates.open(mark);
    const { output, stream } = await run.result();
    const seen = await all(run.stream());
    // What the provider had put into that answer is gone; nothing else is, and nothing comes twice.
    expect(output).toEqual(outputs(seen));
    expect(outputs(seen).slice(0, 3)).toEqual(numbers(3));
    expect(outputs(seen)).toEqual(numbers(6).filter(({ n }) => outputs(seen).some((one) => Object(one).n === n)));
    expect(markers(seen)).toEqual([{ kind: 'lost', offset: expect.any(Number) }]);
    expect(stream?.complete).toBe(false);
  });

  it('costs the readers a count and the output nothing, where the worker keeps a list', async () => {
    const run = await start('kept', { to: 6, hold: 3, mark: 'counted' });
    await firstOf(run.stream(), 3);
    harness.emulator.setFaults([{ kind: 'lose-answer', operation: 'stream', endpoint: 'kept', times: 1 }]);
    gates.open('counted');
    const { output, stream } = await run.result();
    const seen = await all(run.stream());
    expect(output).toEqual(numbers(6));
    expect(stream).toEqual({ chunks: outputs(seen).length, complete: true });
    const missing = 6 - outputs(seen).length;
    const counts = markers(seen).flatMap((marker) => (marker.kind === 'lost' ? [marker.count ?? 0] : []));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(missing);
  });

  it('is none where the request was refused', async () => {
    const run = await start('plain', { to: 6, hold: 3, mark: 'refused' });
    await firstOf(run.stream(), 3);
    harness.emulator.setFaults([
      { kind: 'status', operation: 'stream', endpoint: 'plain', httpStatus: 429, retryAfterSeconds: 1, times: 2 },
    ]);
    gates.open('refused');
    expect(await run.result()).toMatchObject({ output: numbers(6), stream: { complete: true } });
    expect(markers(await all(run.stream()))).toEqual([]);
  });
});

describe('an alias', () => {
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

describe.each([
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

describe('the numbers that SubModel gives its chunks', () => {
  it('tell how many were lost with an answer, so that no output with a hole in it is one', async () => {
    const input = { to: 8, hold: 3, mark: 'hole' };
    const run = await harness.relay.start('job', { endpoint: 'sub/slow', input, stream: 'events' });
    const seen = all(run.stream());
    await firstOf(run.stream(), 3);
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'slow', operation: 'stream', times: 1 }]);
    gates.open('hole');
    await expect(run.result()).rejects.toMatchObject({ type: 'OutputRejected' });
    const [lost] = markers(await seen);
    expect(lost).toMatchObject({ kind: 'lost', count: 8 - outputs(await seen).length });
  });
});

describe('a pipeline', () => {
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

/** The first so many events; the reader then goes away. */
async function firstOf(items: AsyncIterable<StreamItem>, many: number): Promise<StreamItem[]> {
  const seen: StreamItem[] = [];
  for await (const item of items) {
    seen.push(item);
    if (seen.length === many) break;
  }
  return seen;
}
