import { expect, test } from 'vitest';
import { RecentSignals } from '../../../worker/webhooks/recent-signals.js';

const taken = (recent: RecentSignals, submit: string, times: number) =>
  Array.from({ length: times }, () => recent.take(submit));

test('a submit is signalled three times, whatever becomes of others', () => {
  const recent = new RecentSignals();
  expect(taken(recent, 'a', 4)).toEqual([true, true, true, false]);
  expect(recent.take('b')).toBe(true);
});

test('a signal that did not go counts no more', () => {
  const recent = new RecentSignals();
  taken(recent, 'a', 3);
  recent.giveBack('a');
  expect(taken(recent, 'a', 2)).toEqual([true, false]);
});

test('what was signalled least recently is forgotten first, so that it stays small', () => {
  const recent = new RecentSignals();
  taken(recent, 'old', 3);
  taken(recent, 'kept', 3);
  for (let n = 0; n < 9_999; n++) recent.take(`other ${n}`);
  expect([recent.take('kept'), recent.take('old')]).toEqual([false, true]);
});
