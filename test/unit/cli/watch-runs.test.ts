import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fitTo, watchRuns } from '../../../cli/watch-runs.js';
import { TemporalUnreachable } from '../../../client/errors.js';

/** A terminal, and a watch whose looks are answered in turn; the last one is followed by a Ctrl-C. */
async function watched(looks: readonly (readonly string[] | Error)[]): Promise<string> {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, rows: 10, columns: 100 });
  const signals = new EventEmitter();
  const rest = [...looks];
  const look = async () => {
    const next = rest.shift() ?? [];
    if (rest.length === 0) setImmediate(() => signals.emit('SIGINT'));
    if (next instanceof Error) throw next;
    return next;
  };
  const exit = (code: number) => {
    throw new Error(`left with ${code}`);
  };
  await watchRuns(look, { stdout, signals, now: () => 0, exit }, 1);
  expect(signals.listenerCount('SIGINT')).toBe(0);
  return stripVTControlCharacters(String(stdout.read() ?? ''));
}

describe('the watch', () => {
  it('draws what it sees each time, and ends at Ctrl-C', async () => {
    const drawn = await watched([['job:1 running'], ['job:1 completed']]);
    expect(drawn).toContain('running');
    expect(drawn).toContain('completed');
  });

  it('keeps the last picture while the server does not answer, and goes on', async () => {
    const drawn = await watched([['job:1 running'], new TemporalUnreachable('127.0.0.1:1'), ['job:2 running']]);
    expect(drawn).toMatch(/no Temporal server answers at 127\.0\.0\.1:1.*…\njob:1 running\n/);
    expect(drawn).toContain('job:2');
  });

  it('ends at Ctrl-C while the server does not answer', async () => {
    const signals = new EventEmitter();
    const stdout = Object.assign(new PassThrough(), { isTTY: true });
    const look = () => {
      setImmediate(() => signals.emit('SIGINT'));
      return new Promise<never>(() => {});
    };
    await watchRuns(look, { stdout, signals, now: () => 0, exit: () => {} });
    expect(signals.listenerCount('SIGINT')).toBe(0);
  });

  it.each([
    ['a server that never answered', [new TemporalUnreachable('127.0.0.1:1')]],
    ['an error that waiting does not mend', [['job:1 running'], new TypeError('no')]],
  ])('ends with %s', async (_what, looks) => {
    await expect(watched(looks)).rejects.toThrow(/no/);
  });
});

describe('what is drawn', () => {
  it('has room on the terminal: the first lines, and as much of each as one line holds', () => {
    const terminal = Object.assign(new PassThrough(), { rows: 4, columns: 15 });
    expect(fitTo(terminal, ['head', 'a', 'b'])).toBe('head\na\nb');
    expect(fitTo(terminal, ['head', 'a', 'b', 'c'])).toBe('head\na\n… 2 more lines');
    expect(fitTo(terminal, ['0123456789abcde'])).toBe('0123456789abc…');
  });
});
