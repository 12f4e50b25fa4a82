import { describe, expect, it } from 'vitest';
import { closingEvents, inDoubt, openAccount, outputOf, take } from '../../../activities/stream-account.js';
import type { StreamChunk } from '../../../job-api/job.js';

const fresh = openAccount(0);
const plain: StreamChunk = { output: 'a' };
const numbered = (index: number): StreamChunk => ({ output: 'a', metrics: { stream_index: index } });
const chunk = (of: StreamChunk) => ({ kind: 'chunk', chunk: of });
const job = (output?: unknown, retries?: number) =>
  ({ jobId: 'j', status: 'COMPLETED', ...(output !== undefined && { output }), ...(retries && { retries }) }) as never;

describe('chunks that are read', () => {
  it('count, and are told in their order', () => {
    const { account, events } = take(fresh, [plain, { output: 'b', metrics: { tokens: 1 } }]);
    expect(account.chunks).toBe(2);
    expect(events).toEqual([chunk(plain), chunk({ output: 'b', metrics: { tokens: 1 } })]);
  });

  it.each([
    ['have no number', plain, numbered(4), { kind: 'lost' }, { doubts: 1 }],
    ['are the first with one', numbered(4), plain, { kind: 'lost' }, { doubts: 1 }],
    ['are numbered anew', numbered(4), numbered(0), { kind: 'lost' }, { doubts: 1 }],
    ['go on where the last ended', numbered(4), numbered(5), undefined, {}],
    ['leave numbers out', numbered(4), numbered(8), { kind: 'lost', count: 3 }, { lost: 3 }],
  ] as const)('after a lost answer %s', (_, before, after, told, known) => {
    const { account, events } = take(inDoubt(take(fresh, [before]).account), [after]);
    expect(events).toEqual([...(told ? [told] : []), chunk(after)]);
    expect(account).toMatchObject({ chunks: 2, ...known });
    expect(account.doubt).toBeUndefined();
  });

  it('may be numbered as they like where no answer was lost', () => {
    expect(take(take(fresh, [numbered(1)]).account, [numbered(9)]).events).toEqual([chunk(numbered(9))]);
  });

  it('leave a doubt where there are none', () => {
    expect(take(inDoubt(fresh), [])).toEqual({ account: inDoubt(fresh), events: [] });
  });
});

describe('the end of a stream', () => {
  const three = { ...fresh, chunks: 3 };
  it.each([
    ['nothing was in doubt', three, ['a', 'b', 'c', 'd'], []],
    ['the last answer was lost, and no list is kept', inDoubt(three), [], [{ kind: 'lost' }]],
    ['the list has no more', inDoubt(three), ['a', 'b', 'c'], []],
    ['the list has more', inDoubt(three), ['a', 'b', 'c', 'd', 'e'], [{ kind: 'lost', count: 2 }]],
    [
      'the list has more, of an answer before',
      { ...three, doubts: 1 },
      ['a', 'b', 'c', 'd'],
      [{ kind: 'lost', count: 1 }],
    ],
    ['it was told before, and no list is kept', { ...three, doubts: 1 }, undefined, []],
    ['what the list has more was told before', { ...three, doubts: 1, lost: 1 }, ['a', 'b', 'c', 'd'], []],
  ] as const)('tells the readers what it must where %s', (_, account, output, events) => {
    expect(closingEvents(account, output as never)).toEqual(events);
  });
});

describe('the output of a stream', () => {
  const two = { ...fresh, chunks: 2 };
  it.each([
    ['the list of the provider', two, job(['a', 'b']), { kind: 'reported' }],
    ['the list of the provider, whatever was lost', { ...two, lost: 1, doubts: 2 }, job(['a']), { kind: 'reported' }],
    ['the value of a handler that is no generator', fresh, job({ text: 'a' }), { kind: 'reported' }],
    ['missing, where neither is there', fresh, job(), { kind: 'reported' }],
    ['the chunks, where the list is empty', two, job([]), { kind: 'chunks', complete: true }],
    ['the chunks, where there is no list', two, job(), { kind: 'chunks', complete: true }],
    ['an empty list, of a generator that yields nothing', fresh, job([]), { kind: 'chunks', complete: true }],
    [
      'not known to be complete, after a lost answer',
      { ...two, doubts: 1 },
      job([]),
      { kind: 'chunks', complete: false },
    ],
    [
      'not known to be complete, after the last answer was lost',
      inDoubt(two),
      job([]),
      { kind: 'chunks', complete: false },
    ],
    [
      'the chunks of a run that was seen to begin',
      { ...two, retries: 1 },
      job([], 1),
      { kind: 'chunks', complete: true },
    ],
    ['none, where chunks were lost', { ...two, lost: 1 }, job([]), { kind: 'none', type: 'OutputRejected' }],
    ['none, where two runs are mixed', two, job([], 1), { kind: 'none', type: 'PlatformFailed' }],
  ] as const)('is %s', (_, account, ended, output) => {
    expect(outputOf(account, ended)).toMatchObject(output);
  });
});
