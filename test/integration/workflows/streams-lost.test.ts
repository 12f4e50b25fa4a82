import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../emulator/index.js';
import { type Harness, startHarness } from '../harness.js';
import { all, type Count, ENDPOINTS, firstOf, gates, markers, numbers, outputs, withDialects } from '../streams.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ configure: withDialects, endpoints: ENDPOINTS });
});
afterAll(() => harness.stop());
beforeEach(() => harness.emulator.clearFaults());

const start = (endpoint: string, input: Count, options: object = {}) =>
  harness.relay.start('job', { endpoint: `local/${endpoint}`, input: { ...input }, stream: 'events', ...options });

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
