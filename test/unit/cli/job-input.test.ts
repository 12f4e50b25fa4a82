import { describe, expect, it } from 'vitest';
import { jobInput } from '../../../cli/commands/job.js';

describe("a job's input from the command line", () => {
  it('has the fields that were given, and leaves the rest to the defaults', () => {
    expect(jobInput(['sdxl'], { prompt: 'a' }, {})).toEqual({ endpoint: 'sdxl', input: { prompt: 'a' } });
  });

  it('has all that can be given', () => {
    const options = {
      timeoutQueue: 1_000,
      timeoutTotal: 60_000,
      retryHandler: 0,
      hedgeAfter: 30_000,
      hedgeMax: 2,
      tenant: 'acme',
      budgetJobs: 9,
      budgetCost: 2.5,
      lowPriority: true,
      model: 'large',
      onAmbiguousSubmit: 'fail',
      stream: 'collect',
    } as const;
    expect(jobInput(['sdxl', 'runpod/abc'], {}, options)).toEqual({
      endpoint: ['sdxl', 'runpod/abc'],
      input: {},
      tenant: 'acme',
      budget: { jobs: 9, costUsd: 2.5 },
      timeouts: { queue: 1_000, total: 60_000 },
      retry: { handler: 0 },
      hedge: { after: 30_000, max: 2 },
      policy: { lowPriority: true },
      model: 'large',
      onAmbiguousSubmit: 'fail',
      stream: 'collect',
    });
  });

  it('is refused where it says how many hedges, and not when', () => {
    expect(() => jobInput(['sdxl'], {}, { hedgeMax: 2 })).toThrow('give --hedge-after too');
  });

  it.each([
    [null, '--input is null'],
    [[1], '--input is an array'],
    ['text', '--input is a string'],
  ])('is refused where it is %j', (input, message) => {
    expect(() => jobInput(['sdxl'], input, {})).toThrow(message);
  });
});
