import { expect, test } from 'vitest';
import { RecentSignals } from '../../../worker/webhooks/recent-signals.js';

test('a submit is signalled three times, whatever becomes of others', () => {
  const recent = new RecentSignals();
  for (let n = 0; n < 3; n++) {
    expect(recent.mayGo('a')).toBe(true);
    recent.gone('a');
  }
  expect([recent.mayGo('a'), recent.mayGo('b')]).toEqual([false, true]);
});

test('what was signalled least recently is forgotten first, so that it stays small', () => {
  const recent = new RecentSignals();
  const thrice = (submit: string) => {
    for (let n = 0; n < 3; n++) recent.gone(submit);
  };
  thrice('old');
  thrice('kept');
  for (let n = 0; n < 9_999; n++) recent.gone(`other ${n}`);
  expect([recent.mayGo('old'), recent.mayGo('kept')]).toEqual([true, false]);
});
