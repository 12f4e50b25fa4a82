import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import type { JsonValue } from '../../../job-api/json.js';
import { emulatorForTest, eventually, gate } from './harness.js';

/** A generator endpoint that yields what the test pushes, and ends on `undefined`. */
function pushedGenerator() {
  let next = gate<JsonValue | undefined>();
  const values: Promise<JsonValue | undefined>[] = [next.opened];
  return {
    push(value: JsonValue | undefined) {
      const current = next;
      next = gate();
      values.push(next.opened);
      current.open(value);
    },
    async *handler(): AsyncGenerator<JsonValue> {
      for (;;) {
        const value = await values.shift();
        if (value === undefined) return;
        yield value;
      }
    },
  };
}

describe('stream', () => {
  it('gives each chunk once, and the last ones with the end', async () => {
    const { push, handler } = pushedGenerator();
    const emulator = await emulatorForTest({ endpoints: { words: { handler } } });
    const id = await emulator.submit('words', { a: 1 });
    const read = async () => (await emulator.get(`/v2/words/stream/${id}`)).body;

    push('one');
    expect(await read()).toEqual({ status: 'IN_PROGRESS', stream: [{ output: 'one' }] });
    push('two');
    push({ three: 3 });
    push(undefined);
    await emulator.reaches('words', id, 'COMPLETED');
    expect(await read()).toEqual({ status: 'COMPLETED', stream: [{ output: 'two' }, { output: { three: 3 } }] });
    expect(await read()).toEqual({ status: 'COMPLETED', stream: [] });
  });

  it('is held until a chunk is there', async () => {
    const clock = new TestClock();
    const { push, handler } = pushedGenerator();
    const emulator = await emulatorForTest({ clock, endpoints: { words: { handler } } });
    const id = await emulator.submit('words', { a: 1 });
    const read = emulator.post(`/v2/words/stream/${id}`);
    await eventually(() => expect(clock.isWaitedFor(10_000)).toBe(true));
    push('at last');
    expect((await read).body).toEqual({ status: 'IN_PROGRESS', stream: [{ output: 'at last' }] });
  });

  it('comes back empty after 10 s of nothing', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('nobody-home', { a: 1 });
    const read = emulator.get(`/v2/nobody-home/stream/${id}`);
    await eventually(() => expect(clock.isWaitedFor(10_000)).toBe(true));
    clock.advance(10_000);
    expect((await read).body).toEqual({ status: 'IN_QUEUE', stream: [] });
  });

  it('keeps its chunks from a reader who left before they came', async () => {
    const clock = new TestClock();
    const { push, handler } = pushedGenerator();
    const emulator = await emulatorForTest({ clock, endpoints: { words: { handler } } });
    const id = await emulator.submit('words', { a: 1 });
    const leaving = new AbortController();
    const left = emulator.get(`/v2/words/stream/${id}`, { signal: leaving.signal }).catch(() => 'left');
    await eventually(() => expect(clock.isWaitedFor(10_000)).toBe(true));
    leaving.abort();
    expect(await left).toBe('left');
    await eventually(() => expect(clock.isWaitedFor(10_000)).toBe(false));
    push('for who stayed');
    expect((await emulator.get(`/v2/words/stream/${id}`)).body.stream).toEqual([{ output: 'for who stayed' }]);
  });

  it('of a handler that is no generator has only an end', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('echo', { a: 1 });
    expect((await emulator.get(`/v2/echo/stream/${id}`)).body).toEqual({ status: 'COMPLETED', stream: [] });
  });

  it('takes plain generators too', async () => {
    const emulator = await emulatorForTest({
      endpoints: {
        plain: {
          *handler() {
            yield 'a';
            yield 'b';
          },
        },
      },
    });
    expect((await emulator.post('/v2/plain/runsync', { input: 1 })).body.output).toEqual(['a', 'b']);
  });

  it('leaves the output empty where the endpoint does not aggregate', async () => {
    const emulator = await emulatorForTest({ endpoints: { count: { aggregateStream: false } } });
    const { body } = await emulator.post('/v2/count/runsync', { input: { to: 2 } });
    expect(body).toMatchObject({ status: 'COMPLETED', output: [] });
    expect((await emulator.get(`/v2/count/stream/${body.id}`)).body.stream).toEqual([{ output: 1 }, { output: 2 }]);
  });

  it('tells of a generator that raises only in the status', async () => {
    const emulator = await emulatorForTest({
      endpoints: {
        breaks: {
          async *handler() {
            yield 'a';
            throw new Error('in the middle');
          },
        },
      },
    });
    const id = await emulator.submit('breaks', { a: 1 });
    const { body } = await emulator.reaches('breaks', id, 'FAILED');
    expect(JSON.parse(body.error).error_message).toBe('in the middle');
    expect((await emulator.get(`/v2/breaks/stream/${id}`)).body).toEqual({
      status: 'FAILED',
      stream: [{ output: 'a' }],
    });
  });

  it('ends a generator of a cancelled job at its next chunk', async () => {
    let ended = false;
    const { push, handler } = pushedGenerator();
    const emulator = await emulatorForTest({
      endpoints: {
        words: {
          async *handler() {
            try {
              yield* handler();
            } finally {
              ended = true;
            }
          },
        },
      },
    });
    const id = await emulator.submit('words', { a: 1 });
    await emulator.reaches('words', id, 'IN_PROGRESS');
    await emulator.post(`/v2/words/cancel/${id}`);
    push('unheard');
    await eventually(() => expect(ended).toBe(true));
    expect((await emulator.get(`/v2/words/stream/${id}`)).body).toEqual({ status: 'CANCELLED', stream: [] });
  });
});
