import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.js';
import { gather } from '../../../activities/gather.js';
import { storeResults } from '../../../activities/storeResults.js';
import type { JsonValue } from '../../../job-api/json.js';
import { createMemoryStore } from '../artifacts/values.js';

const nested = (depth: number): JsonValue => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const deps = () => ({ store: createMemoryStore().store }) as unknown as ActivityDeps;

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.catch((error: unknown) => error);
}

describe('the results of slices', () => {
  it('are joined in the order of the items', async () => {
    const used = deps();
    const kept = async (...outputs: JsonValue[]) =>
      (await storeResults({ outputs, errors: outputs.map(() => null) }, used)).part;
    const parts = [await kept(1, null, 'x'.repeat(300)), await kept(), await kept([], {})];
    expect(await gather({ parts }, used)).toEqual({ output: [1, null, 'x'.repeat(300), [], {}] });
  });

  it.each([
    ['put away', () => storeResults({ outputs: [nested(1_000)], errors: [null] }, deps())],
    ['joined', () => gather({ parts: [{ outputs: [nested(1_000)], errors: [null] }] as JsonValue[] }, deps())],
    ['read', () => gather({ parts: [{ $artifact: 5 }] }, deps())],
  ])('fail the step where they cannot be %s, and are not tried for ever', async (_, attempt) => {
    const failure = await failureOf(attempt());
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ nonRetryable: true });
  });
});
