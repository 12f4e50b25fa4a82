import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queryPatiently } from '../../../client/query-patience.js';

/** A call as gRPC fails it. */
const failed = (code: number) => Object.assign(new Error('failed'), { code, details: 'failed', metadata: {} });

/** Rejects as often as there are failures, and takes down how long each call might have taken. */
function queries(...failures: readonly Error[]) {
  const patience: number[] = [];
  return {
    patience,
    put: async (deadline: number) => {
      const failure = failures[patience.length];
      patience.push(deadline - Date.now());
      if (failure !== undefined) throw failure;
      return 'an answer';
    },
  };
}

/** Codes of gRPC. */
const status = { CANCELLED: 1, DEADLINE_EXCEEDED: 4, FAILED_PRECONDITION: 9 };
const dropped = failed(status.DEADLINE_EXCEEDED);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a query', () => {
  it('that is answered is put once', async () => {
    const { put, patience } = queries();
    await expect(queryPatiently(10_000, put)).resolves.toBe('an answer');
    expect(patience).toEqual([1_000]);
  });

  it('that nobody answers is put again, and waits longer each time', async () => {
    const { put, patience } = queries(dropped, dropped);
    await expect(queryPatiently(10_000, put)).resolves.toBe('an answer');
    expect(patience).toEqual([1_000, 2_000, 7_000]);
  });

  it.each([
    [10_000, [1_000, 2_000, 7_000]],
    [20_000, [1_000, 2_000, 4_000, 13_000]],
    [2_000, [1_000, 1_000]],
    [1_999, [1_999]],
    [500, [500]],
  ])('with %i ms in all is put so often, and then fails', async (timeoutMs, expected) => {
    const { put, patience } = queries(...Array<Error>(9).fill(dropped));
    await expect(queryPatiently(timeoutMs, put)).rejects.toBe(dropped);
    expect(patience).toEqual(expected);
  });

  it.each([
    ['no worker polls', failed(status.FAILED_PRECONDITION)],
    ['the caller cancelled it', failed(status.CANCELLED)],
    ['the workflow knows no such query', new Error('did not find a handler')],
  ])('that failed since %s is not put again', async (_, failure) => {
    const { put, patience } = queries(failure);
    await expect(queryPatiently(10_000, put)).rejects.toBe(failure);
    expect(patience).toHaveLength(1);
  });
});
