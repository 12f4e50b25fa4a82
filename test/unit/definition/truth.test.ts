import { afterAll, expect, it } from 'vitest';
import { createExpressionEngine, isTruthy } from '../../../definition/index.js';

// Its time limit is not what is tested, and a machine may be busy.
const engine = createExpressionEngine({ timeoutMs: 20_000 });
afterAll(() => engine.close());

it.each([
  null,
  0,
  '',
  [],
  {},
  false,
  [0],
  [0, ''],
  [[]],
  [null],
  1,
  -1,
  'a',
  'false',
  [1],
  [0, 1],
  [[1]],
  { a: null },
  true,
])('counts %j as $boolean does', async (value) => {
  const evaluation = await engine.evaluate('$boolean($input)', { input: value });
  expect(evaluation).toEqual({ ok: true, value: isTruthy(value) });
});

it('counts nothing as false', () => {
  expect(isTruthy(undefined)).toBe(false);
});
