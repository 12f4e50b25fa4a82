import { afterAll, describe, expect, it } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.js';
import { evaluate } from '../../../activities/evaluate.js';
import { externalize } from '../../../artifacts/index.js';
import { createExpressionEngine } from '../../../definition/index.js';
import type { JsonValue } from '../../../job-api/json.js';
import { createMemoryStore } from '../artifacts/values.js';

const engine = createExpressionEngine({ processes: 1 });
afterAll(() => engine.close());

const INLINE_MAX_BYTES = 8_192;
const { store } = createMemoryStore();

async function outcomeOf(body: JsonValue, input: JsonValue) {
  const run = { workflowId: 'pipeline:1', runId: 'r', startedAt: '2025-01-01T00:00:00.000Z' };
  const tasks = [{ name: 'a', kind: 'value', body, inlineMaxBytes: INLINE_MAX_BYTES }] as const;
  const deps = { store, expressions: engine } as unknown as ActivityDeps;
  return (await evaluate({ tasks, input, steps: {}, run }, deps)).outcomes[0];
}

const items = (count: number, more = {}) =>
  Array.from({ length: count }, (_, n) => ({ n, name: `item ${n}`, ...more }));

describe('a large value of one expression', () => {
  it.each<[string, JsonValue]>([
    ['is stored whole', items(1_000)],
    ['keeps the order of its keys', items(1_000).map(({ n, name }) => ({ name, 10: 0, b: 1, a: [n], 9: null }))],
    ['keeps keys that other languages mean something by', [JSON.parse('{"__proto__":1,"toString":2}'), ...items(500)]],
    ['keeps what its data looks like', [{ $$artifact: 'data', $secret: 'NAME' }, ...items(500)]],
    ['is whole where it just fits', items(230)],
    ['has its texts and files in it stored as ever', [...items(500), 't'.repeat(70_000), '😀'.repeat(2_000)]],
    ['of lists and scalars', Array.from({ length: 5_000 }, (_, n) => (n % 2 ? n : [[n], true, null, 'é']))],
  ])('%s', async (_, value) => {
    const expected = await externalize(value, store, { inlineMaxBytes: INLINE_MAX_BYTES, foreign: false });
    expect(await outcomeOf('{% $input.v %}', { v: value })).toEqual({ kind: 'one', value: expected });
    expect(await outcomeOf(['{% $input.v %}'], { v: value })).toMatchObject({ kind: 'one' });
  });

  it.each<[string, string, string, string]>([
    [
      'is no reference that an expression made up',
      '[{ "$artifact": "/etc/passwd" }, $input.v]',
      'ExpressionFailed',
      'is not a reference',
    ],
    [
      'is not nested too deep to travel',
      '$reduce([1..1100], function($all, $n) { { "in": $all } }, $input.v)',
      'ValueTooLarge',
      'nested deeper',
    ],
  ])('%s', async (_, expression, type, message) => {
    expect(await outcomeOf(`{% ${expression} %}`, { v: items(1_000) })).toEqual({
      kind: 'failed',
      type,
      message: expect.stringContaining(message),
    });
  });
});
