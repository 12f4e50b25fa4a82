import { describe, expect, it } from 'vitest';
import { giveBackAt, reportEvery, type SliceState, shareSlots } from '../../../workflows/slices/slices.js';

const waiting = (count = 100): SliceState => ({
  status: 'waiting',
  items: null,
  from: 0,
  count,
  slots: 0,
  done: 0,
  failed: 0,
});
const running = (slots: number, done = 0): SliceState => ({ ...waiting(), status: 'running', slots, done });
const ended: SliceState = { ...waiting(), status: 'ended', done: 100 };
const words = (slices: SliceState[], concurrency: number) =>
  shareSlots(slices, concurrency).map(
    ({ kind, slice, slots }) => `${kind === 'start-slice' ? 'start' : 'grant'} ${slice}:${slots}`,
  );

describe('shareSlots', () => {
  it.each<[string, SliceState[], number, string[]]>([
    [
      'gives all of a small concurrency to the first slices',
      Array(30).fill(waiting()),
      3,
      ['start 0:1', 'start 1:1', 'start 2:1'],
    ],
    [
      'shares evenly where there are few slices',
      [waiting(), waiting(), waiting(50)],
      30,
      ['start 0:10', 'start 1:10', 'start 2:10'],
    ],
    ['gives a slice no more slots than it has items', [waiting(), waiting(2)], 40, ['start 0:20', 'start 1:2']],
    ['starts the next slice with what came free', [ended, running(20, 50), waiting()], 30, ['start 2:10']],
    ['waits until what came free is worth a slice', [running(26, 50), waiting(), waiting()], 30, []],
    ['starts the next slice when the last one ended', [ended, waiting()], 1, ['start 1:1']],
    [
      'gives what came free to who has most to do, once all are started',
      [ended, running(10, 20), running(10, 60)],
      30,
      ['grant 1:10'],
    ],
    ['gives nothing to slices that have no more to start', [ended, running(10, 90), running(10, 95)], 30, []],
    ['never gives out more than the concurrency', [running(15), running(15), waiting()], 30, []],
  ])('%s', (_, slices, concurrency, expected) => {
    expect(words(slices, concurrency)).toEqual(expected);
  });

  it('starts as many slices as the concurrency carries, and no more', () => {
    const commands = shareSlots(Array(100).fill(waiting()), 500);
    expect(commands).toHaveLength(20);
    expect(commands.every(({ slots }) => slots === 25)).toBe(true);
  });
});

it('reports some fifty times for all slices together', () => {
  expect(reportEvery(Array(100).fill(waiting()))).toBe(200);
  expect(reportEvery(Array(3).fill(waiting()))).toBe(10);
});

it.each([
  [1, 1],
  [4, 1],
  [25, 7],
])('collects slots of %i before it gives them back: %i', (slots, expected) => {
  expect(giveBackAt(slots)).toBe(expected);
});
