import { expect, it } from 'vitest';
import type { Attempt, FailureClass } from '../../../workflows/contract.js';
import { keptKey } from '../../../workflows/jobs/kept-key.js';

const attempt = (failed: FailureClass | undefined, correlationKey?: string): Attempt => ({
  endpoint: 'e',
  outcome: 'JobLost',
  ...(failed && { class: failed }),
  ...(correlationKey && { correlationKey }),
});

it.each<[string, readonly Attempt[], string | undefined, string | undefined]>([
  ['after a lost answer', [attempt('ambiguous', 'one')], undefined, 'one'],
  ['after a job that its platform lost', [attempt('platform', 'one')], undefined, 'one'],
  ['after a job that nobody took', [attempt('queue', 'one')], undefined, 'one'],
  ['over a refusal, which has none of its own', [attempt('ambiguous', 'one'), attempt('endpoint')], 'one', 'one'],
  ['over an endpoint without keys', [attempt('platform')], 'one', 'one'],
  ['where nothing was sent', [], 'one', 'one'],
  ['not after the handler failed', [attempt('ambiguous', 'one'), attempt('handler', 'one')], 'one', undefined],
  ['not where there is none', [attempt('ambiguous')], undefined, undefined],
])('is kept %s', (_when, attempts, kept, expected) => {
  expect(keptKey(attempts, kept)).toBe(expected);
});
