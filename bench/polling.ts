import type { Bench, Report } from './bench.js';
import { startEmulatorProcess } from './emulator-process.js';
import { type LaneResult, startLane } from './polling-lane.js';
import { summarise } from './statistics.js';

const JOBS = 10_000;
const WORKERS = 200;

const LANES = {
  held: { times: 'even', way: 'schedule', longPoll: true },
  plain: { times: 'even', way: 'schedule', longPoll: false },
  equal: { times: 'even', way: 'equal', longPoll: false },
  unpredictable: { times: 'unpredictable', way: 'schedule', longPoll: false },
  unpredictableEqual: { times: 'unpredictable', way: 'equal', longPoll: false },
} as const;
type Lane = keyof typeof LANES;

/**
 * 10,000 jobs that wait on an endpoint with 200 workers, followed by one process each: by the schedule with and without a
 * long poll, and by equal spacing at the rate that the schedule may use at most. All at once, each on an endpoint of its own
 * with its own documented limits, so that the machine is the same for all. Then jobs whose times nobody can predict.
 */
export async function polling({ note }: Bench): Promise<Report> {
  const lanes = Object.entries(LANES) as [Lane, (typeof LANES)[Lane]][];
  const endpoints = Object.fromEntries(lanes.map(([lane, { times }]) => [lane, { workers: WORKERS, times }]));
  const emulator = await startEmulatorProcess({ endpoints });
  try {
    note(`${lanes.length} times ${JOBS} jobs; takes four minutes`);
    const results = Object.fromEntries(
      await Promise.all(
        lanes.map(async ([lane, { way, longPoll }]) => {
          const child = startLane({ emulator: emulator.url, endpointId: lane, jobs: JOBS, way, longPoll });
          const result = (await child.answer()) as LaneResult;
          note(`${lane}: mean lag ${Math.round(mean(result.lagsMs))} ms, ${result.reads} reads`);
          await child.stop();
          return [lane, result] as const;
        }),
      ),
    ) as Record<Lane, LaneResult>;
    return report(results);
  } finally {
    await emulator.stop();
  }
}

function report(results: Record<Lane, LaneResult>): Report {
  const lag = (lane: Lane) => mean(results[lane].lagsMs);
  const row = (name: string, lane: Lane) => ({ name, unit: 'ms', ...summarise(results[lane].lagsMs, 0) });
  const all = Object.values(results);
  return {
    rows: [
      row('lag: schedule, long poll', 'held'),
      row('lag: schedule, no long poll', 'plain'),
      row('lag: equal spacing', 'equal'),
      row('lag: schedule, no long poll, unpredictable times', 'unpredictable'),
      row('lag: equal spacing, unpredictable times', 'unpredictableEqual'),
    ],
    bounds: [
      { what: 'requests refused (429)', measured: all.reduce((sum, { refused }) => sum + refused, 0), atMost: 0 },
      {
        what: 'jobs whose end was not seen',
        measured: all.reduce((sum, { lagsMs }) => sum + JOBS - lagsMs.length, 0),
        atMost: 0,
      },
      { what: 'heap of a waiting job (KiB)', measured: results.held.heapBytesPerJob / 1_024, atMost: 4 },
      { what: 'mean lag, long poll / equal spacing', measured: lag('held') / lag('equal'), atMost: 0.1 },
      { what: 'mean lag, no long poll / equal spacing', measured: lag('plain') / lag('equal'), atMost: 0.1 },
      {
        what: 'mean lag with unpredictable times / equal spacing',
        measured: lag('unpredictable') / lag('unpredictableEqual'),
        atMost: 1,
      },
    ],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
