import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import type { JobInput, Run } from '../../../client/index.js';
import { type Config, loadConfig } from '../../../config/index.js';
import { TestClock } from '../../../emulator/index.js';
import { PollSeat } from '../../../job-api/polling/poll-seat.js';
import { type RunningWorker, startWorker } from '../../../worker/index.js';
import type { JobResult } from '../../../workflows/contract.js';
import { createGates, type Gates, heldEndpoint } from '../../chaos/gates.js';
import { type StatusDoor, startStatusDoor } from '../../fixtures/status-door.js';
import { type Harness, startHarness, until } from '../harness.js';

const SECOND = 1_000;
const MINUTE = 60_000;

let clock: TestClock;
let gates: Gates;
let harness: Harness;
let door: StatusDoor;
let worker: RunningWorker | undefined;

/** The clocks of the workers and of the provider are one, and stand still but for this. */
function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
  clock.advance(ms);
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  clock = new TestClock({ startAt: Date.now() });
  gates = createGates();
  harness = await startHarness({
    worker: false,
    emulator: { clock },
    endpoints: { held: heldEndpoint(gates), other: {} },
  });
  door = await startStatusDoor(harness.emulator.url);
});
afterEach(async () => {
  await stopWorker();
  await harness.stop();
  await door.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function newWorker(configure: (config: Config) => Config = (config) => config): Promise<void> {
  const { stateDir, taskQueue } = harness;
  const config = await loadConfig({ env: {}, cwd: stateDir, stateDir, emulatorUrl: door.url });
  worker = await startWorker({
    ...{ config: configure({ ...config, reap: 'off' }), env: {}, taskQueue, temporal: inject('temporal') },
    ...{ workflowBundle: inject('workflowBundle'), log: () => undefined },
  });
}

async function stopWorker(): Promise<void> {
  await worker?.shutdown();
  worker = undefined;
}

interface Left {
  readonly run: Run<JobResult>;
  readonly mark: string;
  readonly jobId: string;
  /** Since its end, when the next worker comes. */
  readonly minutes: number;
}

/**
 * Jobs that were last seen alive a second apart, in the reverse of the order in which they were submitted, when their worker
 * stopped; and of which each then ended so many minutes before now. First the one whose result goes first.
 */
async function jobsThatEnded(minutesAgo: readonly number[], input: Partial<JobInput>): Promise<readonly Left[]> {
  await newWorker();
  const left: Left[] = [];
  for (const minutes of minutesAgo.toReversed()) {
    const mark = `${left.length}`;
    const run = await harness.relay.start('job', { endpoint: 'local/held', input: { mark }, ...input });
    const jobId = await until('it is submitted', () => jobOf(mark)?.id);
    await until('it is awaited', () => door.reads.includes(jobId));
    left.unshift({ run, mark, jobId, minutes });
    pass(SECOND);
  }
  for (const { run, jobId } of left) {
    pass(SECOND);
    door.letThrough(jobId);
    const at = new Date().toISOString();
    await until('it is on record that it is alive', async () =>
      JSON.stringify((await run.status()).pendingActivities).includes(`"aliveAt":"${at}"`),
    );
  }
  await stopWorker();
  for (const [n, { mark, minutes }] of left.entries()) {
    pass(SECOND);
    gates.open(mark);
    await until('it has ended', () => jobOf(mark)?.endedAt);
    pass((minutes - (left[n + 1]?.minutes ?? 0)) * MINUTE);
  }
  door.reads.length = 0;
  door.open();
  return left;
}

const jobOf = (mark: string) => harness.emulator.jobs().find(({ input }) => Object(input).mark === mark);

/** A worker that reads one job after the other; and whose clock stands until all jobs have come to it. */
async function newWorkerTakes(jobs: readonly Left[]): Promise<void> {
  const turns = vi.spyOn(PollSeat.prototype, 'turn');
  await newWorker((config) => ({
    ...config,
    endpoints: {
      held: {
        alias: 'held',
        use: [{ endpoint: 'held', provider: 'local', endpointId: 'held' }],
        limits: { budgets: { read: { atOnce: 1 } } },
      },
    },
  }));
  await until('all jobs wait to be read', () => {
    const seats = (turns.mock.contexts as PollSeat[]).map(({ jobId }) => jobId);
    return jobs.every(({ jobId }) => seats.includes(jobId));
  });
  expect(door.reads).toEqual([]);
  pass(SECOND);
}

test.each([
  ['10 minutes', [10, 10, 10, 10, 10, 10]],
  ['29 minutes, or 31 for some,', [31, 31, 29, 29, 29, 29]],
])(
  'after %s without workers every result that is there is fetched, in the order in which they go',
  { timeout: 120_000 },
  async (_, ago) => {
    const left = await jobsThatEnded(ago, { endpoint: ['local/held', 'local/other'], retry: { platform: 0 } });
    await newWorkerTakes(left);

    const ends = await Promise.all(left.map(({ run }) => run.result().catch((error: unknown) => error)));
    for (const [n, { jobId, mark, minutes }] of left.entries()) {
      expect(ends[n]).toMatchObject(
        minutes < 30
          ? { output: { mark }, attempts: [{ jobId, outcome: 'COMPLETED' }] }
          : {
              type: 'JobLost',
              message: expect.stringMatching(
                `job ${jobId} is lost: its result expired at .* or later, 1800 s after its`,
              ),
            },
      );
      // Where it was near its end, the attempt says for how long nobody had read it.
      if (minutes < 30) expect(JSON.stringify(ends[n]).includes('unreadMs')).toBe(minutes > 15);
    }
    expect(door.reads).toEqual(left.map(({ jobId }) => jobId));
    // Nothing was submitted again, neither for what was lost nor elsewhere.
    expect(harness.emulator.jobs().map(({ status }) => status)).toEqual(left.map(() => 'COMPLETED'));
  },
);
