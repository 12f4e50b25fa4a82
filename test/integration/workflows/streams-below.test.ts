import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Run, RunCancelled } from '../../../client/index.js';
import { type Harness, startHarness } from '../harness.js';
import { all, ENDPOINTS, firstOf, gates, numbers, outputs } from '../streams.js';

/** Streams of runs below the one that was started, read from there. */

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ endpoints: ENDPOINTS });
});
afterAll(() => harness.stop());

const write = (input: object) => ({ endpoint: 'local/plain', stream: 'events', input });
const start = (steps: object) => harness.relay.start('pipeline', { definition: { version: 1, steps } } as never);
const read = async (run: Run<unknown>, step: string, index?: number) =>
  outputs(await all(run.stream(step, index === undefined ? {} : { index })));

describe('of nested pipelines', () => {
  it('are read while they run and after, by the path of their step', async () => {
    const chapter = { version: 1, steps: { write: write({ to: '{% $input.n %}', hold: 1, mark: 'nested' }) } };
    const run = await start({
      book: {
        pipeline: {
          version: 1,
          steps: { chapters: { forEach: [2, 3], pipeline: chapter, input: { n: '{% $item %}' } } },
        },
      },
    });
    const live = all(run.stream('book.chapters[1].write'));
    expect(outputs(await firstOf(run.stream('book.chapters[1].write'), 1))).toEqual(numbers(1));
    gates.open('nested');
    expect(outputs(await live)).toEqual(numbers(3));
    await run.result();
    expect(await read(run, 'book.chapters[0].write')).toEqual(numbers(2));
    expect(outputs(await all(run.stream('book.chapters[1].write', { from: 2 })))).toEqual(numbers(3).slice(2));
  });

  it('say what there is, where the path names none', async () => {
    const part = {
      version: 1,
      steps: { write: write({ to: 1 }), quiet: { endpoint: 'local/kept', input: { to: 1 } } },
    };
    const run = await start({ one: { pipeline: part }, each: { forEach: [1], pipeline: part }, own: write({ to: 1 }) });
    const refused = (step: string) => expect(read(run, step)).rejects;
    await refused('nobody').toThrow(/^step is none of this run: there is no "nobody" \(known: one, each, own\)$/);
    await refused('one.nobody').toThrow(/there is no "nobody" \(known: write, quiet\)$/);
    await refused('one').toThrow('step names a pipeline: name a step of it (one.write, one.quiet)');
    await refused('each.write').toThrow('step lacks an item: "each" is a forEach; write each[0]');
    await refused('own.write').toThrow('step names none: "own" is a job, which has no steps');
    await refused('one.quiet').toThrow(/no job "quiet" ran with "stream: events"$/);
    await refused('each[7].write').toThrow(/no job "each\[7\]" ran/);
    await run.result();
  });
});

/** Two slices with a slot each: the last item is alone in its own, and runs at once. */
describe('of a forEach over more than a hundred items', () => {
  const over101 = { forEach: '{% [1..101] %}', concurrency: 2 };

  it('are read from the run of the pipeline, while it runs and after', async () => {
    const input = { to: 2, hold: '{% $index = 100 ? 1 : -1 %}', mark: 'sliced' };
    const run = await start({ write: { ...over101, ...write(input) } });
    const live = all(run.stream('write', { index: 100 }));
    expect(outputs(await firstOf(run.stream('write[100]'), 1))).toEqual(numbers(1));
    gates.open('sliced');
    expect(outputs(await live)).toEqual(numbers(2));
    expect(await read(run, 'write', 0)).toEqual(numbers(2));
    await expect(read(run, 'write')).rejects.toThrow('index is missing: step "write" is a forEach');
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
    expect(await read(run, 'write[100]')).toEqual(numbers(2));
    await expect(read(run, 'write[101]')).rejects.toThrow(/no job "write\[101\]" ran/);
  });

  it('are read too where each item is a pipeline', async () => {
    const part = { version: 1, steps: { write: write({ to: '{% $input.n %}' }) } };
    const run = await start({ each: { ...over101, pipeline: part, input: { n: '{% $index = 100 ? 3 : 1 %}' } } });
    expect(await read(run, 'each[100].write')).toEqual(numbers(3));
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
  });
});
