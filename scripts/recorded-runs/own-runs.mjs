import { MINUTE } from './emulator.mjs';

/** Of test/fixtures/own-workflows.ts, on a worker with the plugin: those that have `args`. */
export const ownRuns = [
  {
    name: 'one-completed',
    type: 'one',
    args: [{ endpoint: 'local/echo', input: { prompt: 'a red boat' } }],
    ends: 'completed',
  },
  {
    name: 'one-failed',
    type: 'one',
    args: [{ endpoint: 'local/broken', input: { prompt: 'a red boat' } }],
    ends: 'failed',
  },
  {
    name: 'one-cancelled',
    type: 'one',
    args: [{ endpoint: 'local/sleep', input: MINUTE }],
    cancelWhileRunning: 1,
    ends: 'cancelled',
  },
  {
    name: 'in-all-places-completed-at-its-second',
    type: 'inAllPlaces',
    args: [
      [
        { endpoint: 'no-such-alias', input: { prompt: 'a red boat' } },
        { endpoint: 'local/echo', input: { text: 'a red boat' } },
      ],
    ],
    ends: 'completed',
  },
  {
    // One of them is refused while the other waits for its turn.
    name: 'pauses-after-either-completed',
    type: 'pausesAfterEither',
    args: [
      [
        { endpoint: 'local/echo', input: {} },
        { endpoint: 'local/echo', input: { text: 'a red boat' } },
      ],
    ],
    ends: 'completed',
  },
  {
    name: 'each-completed-with-tolerated-failures',
    type: 'each',
    args: [
      [1, 2, 3, 4, 5].map((number) => ({ endpoint: 'local/odd', input: { number } })),
      { concurrency: 2, tolerate: '50%' },
    ],
    ends: 'completed',
  },
  {
    name: 'each-failed-with-siblings-running',
    type: 'each',
    args: [
      [
        { endpoint: 'local/sleep', input: MINUTE },
        { endpoint: 'local/brokenLater', input: { prompt: 'a red boat' } },
        { endpoint: 'local/sleep', input: MINUTE },
      ],
      { id: 'draw', concurrency: 2 },
    ],
    ends: 'failed',
  },
  {
    name: 'each-cancelled',
    type: 'each',
    args: [[1, 2, 3].map((n) => ({ endpoint: 'local/sleep', input: { ...MINUTE, n } })), { concurrency: 2 }],
    cancelWhileRunning: 2,
    ends: 'cancelled',
  },
];
