import { describe, expect, it } from 'vitest';
import { sumUsage } from '../../../cli/tenant-usage.js';

const used = (executionMs: number, estimatedCostUsd?: number) => ({
  ...{ jobs: 1, executionMs, wastedMs: 0, queueMs: 5 },
  ...(estimatedCostUsd === undefined ? {} : { estimatedCostUsd }),
});

async function* listed<T>(runs: readonly T[]): AsyncGenerator<T> {
  yield* runs;
}

describe('the usage of tenants', () => {
  it('is summed up by name, and runs that have not reported theirs are counted', async () => {
    const runs = [
      { tenant: 'b', usage: used(1, 0.1) },
      { tenant: 'a', usage: used(10, 0.5) },
      { tenant: 'a', usage: used(20, 0.25) },
      { tenant: 'a' },
      { usage: used(99) },
    ];
    expect(await sumUsage(listed(runs))).toEqual([
      {
        ...{ tenant: 'a', runs: 3, unreported: 1 },
        usage: { jobs: 2, queueMs: 10, executionMs: 30, wastedMs: 0, estimatedCostUsd: 0.75 },
      },
      {
        ...{ tenant: 'b', runs: 1, unreported: 0 },
        usage: { jobs: 1, queueMs: 5, executionMs: 1, wastedMs: 0, estimatedCostUsd: 0.1 },
      },
    ]);
  });

  it('has no cost once that of one run is not known', async () => {
    const [sum] = await sumUsage(
      listed([
        { tenant: 'a', usage: used(1, 0.1) },
        { tenant: 'a', usage: used(1) },
      ]),
    );
    expect(sum?.usage).not.toHaveProperty('estimatedCostUsd');
  });
});
